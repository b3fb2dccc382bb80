import type { Rule, Step } from './document';

// The functions that the form of a row offers. What is not here, and what stands in several steps, is written in the
// rule itself.
export const functions = ['', 'text', 'date', 'datetime', 'phone', 'email', 'bool', 'number', 'money', 'period', 'name', 'address', 'value', 'split', 'join', 'list', 'id'] as const;
export type Fn = (typeof functions)[number];

/** fnOf is the function of a rule that the form can show; undefined when only the rule's own text says it all. */
export function fnOf(r: Rule): Fn | undefined {
  const via = r.via ?? [];
  if (via.length === 0) return '';
  if (via.length > 1) return undefined;
  const fn = via[0]?.fn as Fn;
  return functions.includes(fn) ? fn : undefined;
}

const argsOf: Record<string, () => Partial<Step>> = {
  date: () => ({ formats: ['MM/DD/YYYY', 'YYYY-MM-DD', 'YYYY'] }),
  bool: () => ({ true: ['Yes', 'Y'], false: ['No', 'N'] }),
  split: () => ({ separator: ';' }),
  join: () => ({ separator: ' ' }),
};

/** stepsOf begins a function with what is usual. */
export function stepsOf(fn: Fn): Step[] | undefined {
  return fn === '' ? undefined : [{ fn, ...argsOf[fn]?.() }];
}

/** Argument is one question of a function: a line of text, or words between commas. */
export interface Argument { name: string; list: boolean }
const asked: Partial<Record<Fn, Argument[]>> = {
  date: [{ name: 'formats', list: true }],
  bool: [{ name: 'true', list: true }, { name: 'false', list: true }],
  split: [{ name: 'separator', list: false }],
  join: [{ name: 'separator', list: false }],
  phone: [{ name: 'region', list: false }],
  id: [{ name: 'prefix', list: false }],
};
export const argumentsOf = (fn: Fn): Argument[] => asked[fn] ?? [];

export function argument(r: Rule, a: Argument): string {
  const v = r.via?.[0]?.[a.name];
  return Array.isArray(v) ? v.join(', ') : typeof v === 'string' ? v : '';
}

/** withArgument answers a question of the rule's only function. */
export function withArgument(r: Rule, a: Argument, text: string): Step[] {
  const step: Step = { ...(r.via?.[0] ?? { fn: '' }) };
  if (a.list) step[a.name] = text.split(',').map((s) => s.trim()).filter(Boolean);
  else if (text === '') delete step[a.name];
  else step[a.name] = text;
  return [step];
}
