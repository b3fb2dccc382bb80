/** asked picks the word of a passphrase that is to be typed back. */
export function asked(words = 8): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % words;
}

/** same compares a word as people type it. */
export const same = (typed: string, word: string) => typed.trim().toLowerCase() === word.toLowerCase();

/** save offers a text as a file. Its address is of this page alone and is closed at once. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
