// A sample as it was pasted or dropped: what format it has, and one of its records.

export type Format = 'json' | 'xml' | 'csv' | 'mail';
export const formats: Format[] = ['json', 'xml', 'csv', 'mail'];

/** formatOf guesses the format by the ending of the name, else by how the text looks. */
export function formatOf(name: string, text: string): Format {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const known: Record<string, Format> = { json: 'json', xml: 'xml', csv: 'csv', tsv: 'csv', eml: 'mail', txt: 'mail', htm: 'mail', html: 'mail' };
  const by = known[ending];
  if (by && ending !== 'txt') return by;
  const start = text.replace(/^\ufeff/, '').trimStart();
  if (/^[{[]/.test(start)) return 'json';
  if (/^<(?!html|!doctype html|table|div|p\b)/i.test(start)) return 'xml';
  return start.startsWith('<') || !looksLikeTable(start) ? 'mail' : 'csv';
}

/** looksLikeTable: the first lines have the same separators, and the first is not "Label: value". */
function looksLikeTable(text: string): boolean {
  const [head = '', row = ''] = rowsIn(text, 2);
  if (head === '') return false;
  return [',', ';', '\t', '|'].some((d) => {
    const n = cells(head, d);
    return n > 1 && (row === '' ? !head.includes(':') : cells(row, d) === n) && !(d !== '\t' && /^[^,;|]{1,40}: /.test(head));
  });
}

function cells(line: string, d: string): number {
  let n = 1, quoted = false;
  for (const c of line) {
    if (c === '"') quoted = !quoted;
    else if (c === d && !quoted) n++;
  }
  return n;
}

/** rowsIn splits a sheet into lines; a line break between quotes belongs to its cell. */
function rowsIn(text: string, most: number): string[] {
  const out: string[] = [];
  let line = '', quoted = false;
  for (const c of text.replace(/^\ufeff/, '')) {
    if (c === '"') quoted = !quoted;
    if (c === '\n' && !quoted) {
      if (line.trim() !== '') out.push(line.replace(/\r$/, ''));
      line = '';
      if (out.length === most) return out;
    } else line += c;
  }
  if (line.trim() !== '') out.push(line);
  return out;
}

const mostRecords = 50;

/** recordsIn gives the records of a sample, each as a document of its own, at most fifty. */
export function recordsIn(text: string, format: string): string[] {
  if (text.trim() === '') return [];
  if (format === 'csv') {
    const [head, ...rows] = rowsIn(text, mostRecords + 1);
    return rows.map((r) => `${head}\n${r}\n`);
  }
  if (format === 'json') {
    try {
      const v: unknown = JSON.parse(text);
      if (Array.isArray(v)) return v.slice(0, mostRecords).map((x) => JSON.stringify(x, null, 2));
    } catch { return [text]; }
  }
  return [text];
}
