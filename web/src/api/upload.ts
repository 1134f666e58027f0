/** Sending a file with progress: fetch tells none, so an XMLHttpRequest does it; errors come out as everywhere else. */
import { ApiError, csrfHeader } from "./client";

export async function sendFile<T>(path: string, file: File, onProgress: (part: number) => void): Promise<T> {
  const headers = await csrfHeader();
  const body = new FormData();
  body.append("data", file, file.name);
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const name = `POST ${path}`;
    request.open("POST", path);
    request.setRequestHeader("accept", "application/json");
    for (const [header, value] of Object.entries(headers)) request.setRequestHeader(header, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, { code: "unreachable" }, name, ""));
    request.onload = () => {
      const told = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) return resolve(told as T);
      const trace = request.getResponseHeader("x-request-id") ?? "";
      return reject(new ApiError(request.status, told as object, name, trace));
    };
    request.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
