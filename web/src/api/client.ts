/** The only place that talks HTTP: CSRF header on writes, problem+json becomes ApiError, 401 is announced to the app. */

const CSRF_COOKIE = "fenghe_csrf";
const CSRF_HEADER = "x-csrftoken";
const TIMEOUT_MS = 30_000;

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  fields?: { field: string; message: string }[];
  trace?: string;
}

/** What the hub answered instead of the thing asked for; `detail` is plain words with the next step. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: string;
  readonly code: string | undefined;
  readonly fields: { field: string; message: string }[];
  readonly trace: string;
  readonly request: string;

  constructor(status: number, problem: Problem, request: string, trace: string) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.detail = this.message;
    this.code = problem.code;
    this.fields = problem.fields ?? [];
    this.trace = trace;
    this.request = request;
  }
}

type Listener = () => void;
const signedOutListeners = new Set<Listener>();

/** Called whenever the hub says the session is over. Returns the way to stop listening. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

export function readCookie(name: string, cookies: string = document.cookie): string | null {
  for (const part of cookies.split("; ")) {
    const at = part.indexOf("=");
    if (part.slice(0, at) === name) return decodeURIComponent(part.slice(at + 1));
  }
  return null;
}

/** A path with its filter; empty values are left out so that addresses stay short. */
export function withQuery(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

async function csrfToken(): Promise<string | null> {
  const known = readCookie(CSRF_COOKIE);
  if (known) return known;
  await fetch("/api/session", { credentials: "same-origin" });
  return readCookie(CSRF_COOKIE);
}

/** The header that a change must carry, for what cannot go through `api`. */
export async function csrfHeader(): Promise<Record<string, string>> {
  const token = await csrfToken();
  return token ? { [CSRF_HEADER]: token } : {};
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  const form = body instanceof FormData; // the browser itself says where its parts begin
  if (body !== undefined && !form) headers["content-type"] = "application/json";
  if (method !== "GET") {
    const token = await csrfToken();
    if (token) headers[CSRF_HEADER] = token;
  }
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return fetch(path, {
    method,
    headers,
    credentials: "same-origin",
    body: body === undefined ? null : form ? body : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const request = `${method} ${path.split("?")[0]}`;
  let response: Response;
  try {
    response = await send(method, path, body, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, { code: "unreachable" }, request, "");
  }
  if (response.ok) return (await readBody(response)) as T;
  const problem = await readProblem(response);
  const trace = response.headers.get("x-request-id") ?? problem.trace ?? "";
  if (response.status === 401 && path !== "/api/session") for (const announce of signedOutListeners) announce();
  throw new ApiError(response.status, problem, request, trace);
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  return text && response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    call<T>("GET", withQuery(path, query), undefined, signal),
  post: <T>(path: string, body?: unknown) => call<T>("POST", path, body ?? {}),
  upload: <T>(path: string, form: FormData) => call<T>("POST", path, form),
  put: <T>(path: string, body: unknown) => call<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown) => call<T>("PATCH", path, body),
  delete: <T>(path: string) => call<T>("DELETE", path),
};
