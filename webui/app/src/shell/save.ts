/** save hands a file to the browser, which keeps it where the person says. */
export function save(name: string, content: BlobPart, type = 'text/plain') {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** bytesOf reads base64, as the API writes files. */
export const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
