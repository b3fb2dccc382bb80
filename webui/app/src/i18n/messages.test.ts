import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { files, messages } from './all';

const source = join(import.meta.dirname, '..');
const tree = (dir: string): string[] => readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? tree(join(dir, e.name)) : [join(dir, e.name)]));
const programs = tree(source).filter((f) => /\.tsx?$/.test(f) && !/\.test\.tsx?$/.test(f) && !f.endsWith('.d.ts'));

// The names between braces of a message: what must be given to say it.
const wants = (text: string) => {
  const names = new Set<string>();
  const walk = (parts: ReturnType<IntlMessageFormat['getAst']>) => {
    for (const p of parts) {
      if ('value' in p && p.type !== 0) names.add(String(p.value));
      if ('options' in p) for (const o of Object.values(p.options)) walk(o.value);
    }
  };
  walk(new IntlMessageFormat(text, 'en').getAst());
  return [...names].sort();
};

describe('messages', () => {
  test('Spanish has what English has, folder by folder', () => {
    for (const [file, english] of Object.entries(files.en)) {
      const spanish = files.es[file.replace('/en.json', '/es.json')];
      expect(spanish, `${file} has no Spanish twin`).toBeDefined();
      expect(Object.keys(spanish ?? {}).sort(), file).toEqual(Object.keys(english).sort());
    }
    expect(Object.keys(files.es).length).toBe(Object.keys(files.en).length);
  });

  test('no id is in two files, and none is empty', () => {
    const ids = Object.values(files.en).flatMap((m) => Object.keys(m));
    expect(ids.length).toBe(new Set(ids).size);
    for (const all of Object.values(messages)) for (const [id, text] of Object.entries(all)) expect(text.trim(), id).not.toBe('');
  });

  test('every message can be said, and both languages want the same values', () => {
    for (const [id, text] of Object.entries(messages.en)) {
      const other = messages.es[id] ?? '';
      expect(wants(other), id).toEqual(wants(text));
      for (const [locale, said] of [['en', text], ['es', other]] as const) expect(() => new IntlMessageFormat(said, locale), `${id} ${locale}`).not.toThrow();
    }
  });

  test('every id that a screen says by its name is there', () => {
    let found = 0;
    for (const file of programs) {
      for (const m of readFileSync(file, 'utf8').matchAll(/\bsay\(\s*'([^'$]+)'/g)) {
        found++;
        expect(messages.en[m[1] ?? ''], `${m[1]} in ${file}`).toBeDefined();
      }
    }
    expect(found).toBeGreaterThan(20);
  });

  test('no word that staff should not need', () => {
    const banned = { en: /\b(invalid|failed|peers?|payloads?|schemas?|node id|gossip|webhooks?|OK)\b/i, es: /\b(inválid[oa]s?|fallid[oa]s?|par(es)? remotos?|esquemas?|tú|tu|tus|contigo)\b/i };
    for (const lang of ['en', 'es'] as const) {
      for (const [id, text] of Object.entries(messages[lang])) {
        if (!id.startsWith('developers.')) expect(text, `${id} (${lang})`).not.toMatch(banned[lang]);
      }
    }
  });

  test('no text stands in a program instead of a message', () => {
    for (const file of programs.filter((f) => f.endsWith('.tsx'))) {
      const text = readFileSync(file, 'utf8');
      for (const m of text.matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+)[.!?]?\s*</g)) expect.fail(`${file} says "${m[1]}"`);
      for (const m of text.matchAll(/\b(?:label|title|placeholder|description|aria-label)="([A-Za-z][^".]*)"/g)) expect.fail(`${file} says "${m[1]}"`);
    }
  });
});
