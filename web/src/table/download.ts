/** Saving files from the browser. */

export function saveLink(href: string, name = ""): void {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}

export function saveText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  saveLink(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
