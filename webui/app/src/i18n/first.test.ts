import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { messages, parts } from './all';

const source = join(import.meta.dirname, '..');
const home = join(source, 'screens/home/Home.tsx');

/** reached are the programs that come with a program: what it imports, except what it loads later. */
function reached(...from: string[]): string[] {
  const seen = new Set<string>();
  const todo = [...from];
  for (let file = todo.pop(); file; file = todo.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const m of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)';/gm)) {
      const next = join(dirname(file), m[1] ?? '');
      const found = [next, `${next}.ts`, `${next}.tsx`].find((f) => /\.tsx?$/.test(f) && existsSync(f));
      if (found) todo.push(found);
    }
  }
  return [...seen];
}

const rest = Object.keys(messages.en).filter((id) => !Object.values(parts.en.first).some((m) => id in m));

/** missing are the messages that a program may say and that come only with later screens. */
function missing(text: string): string[] {
  const whole = [...text.matchAll(/'([a-z]+\.[^'\s]*)'/g)].map((m) => m[1] ?? '').filter((id) => rest.includes(id));
  const begun = [...text.matchAll(/`([a-z]+\.[^`$]*)\$\{/g)].map((m) => m[1] ?? '').filter((id) => rest.some((r) => r.startsWith(id)));
  return [...whole, ...begun];
}

describe('the first screens', () => {
  const programs = reached(join(source, 'main.tsx'), home, join(source, 'screens/signin/SignIn.tsx'), join(source, 'shell/SearchBox.tsx'), join(source, 'shell/Ask.tsx'));

  test('say nothing that comes only with later screens', () => {
    expect(programs.length).toBeGreaterThan(30);
    for (const file of programs) expect(missing(readFileSync(file, 'utf8')), relative(source, file)).toEqual([]);
  });

  test('would be caught if they did', () => {
    expect(missing("say('partners.state.yes')").length + missing('say(`partners.state.${s}`)').length).toBe(2);
  });

  test('no folder is in both parts, and none is in neither', () => {
    for (const language of ['en', 'es'] as const) {
      const both = [...Object.keys(parts[language].first), ...Object.keys(parts[language].rest)];
      expect(new Set(both).size).toBe(both.length);
      expect(both.length).toBeGreaterThan(20);
    }
    const folder = (file: string) => file.replace(/\/e[ns]\.json$/, '');
    expect(Object.keys(parts.es.first).map(folder).sort()).toEqual(Object.keys(parts.en.first).map(folder).sort());
  });
});
