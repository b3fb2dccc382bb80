import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useDebouncedValue } from '@mantine/hooks';
import { type Field, infer, type Mistake, type Opened, type Rejection, saveNote, suggest, type Suggestion, type StandardField, useChecked } from '../../api/mapping';
import { addRule, type Doc, fold, freeId, joinPlain, localsOf, merge, unjoin } from './document';
import { begin, type History, put, redo, undo } from './history';
import { Names } from './place';
import { recordsIn } from './sample';
import { type Row, rowsOf, sureOnes } from './rows';
import { useSave } from './useSave';
import { codedOf, marked } from './values';
import { noteOf, readNote } from './work';

/** Held is what a person changes, and what undo brings back. */
export interface Held { doc: Doc; rejected: Rejection[] }
export interface Sample { name: string; text: string; format: string; records: string[]; read: number; schema: boolean }
export type Editor = ReturnType<typeof useEditor>;

const ours = (f: Field) => ({ path: f.path, label: f.label, kind: f.kind === 'null' ? '' : f.kind, examples: f.examples ?? [], values: f.values ?? [] });

/** useEditor holds a mapping while a person works at it. */
export function useEditor(name: string, start: Doc, opened: Opened, standard: StandardField[], may: boolean) {
  const first = useMemo(() => readNote(opened.note), [opened]);
  const [history, setHistory] = useState<History<Held>>(() => begin({ doc: start, rejected: first.rejected }));
  const [fields, setFields] = useState(first.fields);
  const [suggestions, setSuggestions] = useState<Suggestion[]>(first.suggestions);
  const [never, setNever] = useState(first.never);
  const [seen, setSeen] = useState(first.seen);
  const [sample, setSample] = useState<Sample>();
  const [notes, setNotes] = useState<string[]>(opened.draft?.notes ?? []);
  const [said, setSaid] = useState('');
  const { doc, rejected } = history.now;
  const save = useSave(name, doc, opened.draft?.revision ?? 0, opened.draft?.changed, may);
  const names = useMemo(() => new Names(standard), [standard]);
  const [settled] = useDebouncedValue(doc, 250);
  const checked = useChecked(settled, may);
  const mistakes = useMemo<Mistake[]>(() => checked.data?.problems ?? [], [checked.data]);
  const rows = useMemo<Row[]>(() => rowsOf({ doc, fields, suggestions, rejected, never, mistakes }), [doc, fields, suggestions, rejected, never, mistakes]);
  const coded = useMemo(() => codedOf(doc, fields, names), [doc, fields, names]);
  const mark = useMemo(() => marked(coded), [coded]);

  const now = useRef(history.now);
  now.current = history.now;
  /** change does one act, which can be undone. */
  const change = useCallback((act: (doc: Doc) => Doc) => setHistory((h) => { const next = act(h.now.doc); return next === h.now.doc ? h : put(h, { ...h.now, doc: next }); }), []);
  const say = useCallback((text: string) => setSaid((before) => (before === text ? `${text}\u00a0` : text)), []);
  const back = useCallback(() => setHistory(undo), []);
  const again = useCallback(() => setHistory(redo), []);

  /** match joins a field with a place; the engine chooses the function. It replaces what the field was joined with. */
  const match = useCallback(async (local: string, place: string) => {
    const before = now.current.doc;
    const free = unjoin(before, local);
    const f = fields.find((x) => x.path === local);
    let next: Doc;
    try {
      const out = await suggest({ mapping: free, fields: [f ? ours(f) : { path: local }], accepted: [{ local, standard: place }] });
      const draft = out.draft as Doc;
      next = draft.rules.some((r) => localsOf(r).includes(local)) ? merge(free, draft) : joinPlain(free, local, place, f?.label);
    } catch {
      next = joinPlain(free, local, place, f?.label); // the document has mistakes: what is wrong stands at its row
    }
    change((d) => (d === before ? next : rebase(d, next, local)));
  }, [fields, change]);

  /** learn takes a sample: its fields, suggestions, and a rule for each that is sure. */
  const learn = useCallback(async (text: string, fileName: string, format: string) => {
    const shape = await infer(text, fileName, format);
    const list = shape.fields ?? [];
    const held = now.current;
    const body = { id: held.doc.id, name: held.doc.name, format: shape.format, sample: shape.format === 'xml' ? text : '', fields: list.map(ours), rejected: held.rejected };
    const fresh = held.doc.rules.length === 0;
    let out = await suggest(body);
    const found = out.suggestions ?? [];
    let next = held.doc;
    if (fresh) next = merge(held.doc, out.draft as Doc);
    else {
      const accepted = sureOnes(held.doc, found, held.rejected, out.never ?? []);
      if (accepted.length > 0) {
        out = await suggest({ ...body, mapping: held.doc, accepted });
        next = merge(held.doc, { ...(out.draft as Doc), side: { ...(out.draft as Doc).side, format: shape.format } });
      } else if (held.doc.side.format !== shape.format) next = { ...held.doc, side: { ...held.doc.side, format: shape.format } };
    }
    setFields(list);
    setSuggestions(found);
    setNever(out.never ?? []);
    setNotes(out.notes ?? []);
    setSample({ name: fileName, text, format: shape.format, records: shape.schema ? [] : recordsIn(text, shape.format), read: shape.records, schema: shape.schema });
    change(() => next);
    return shape;
  }, [change]);

  /** offer adds words that our system has for a field to those that were seen in it. */
  const offer = useCallback((local: string, words: string[]) => setFields((all) => {
    const known = all.find((f) => f.path === local);
    const values = known?.values ?? [];
    const fresh = words.filter((w) => !values.some((v) => fold(v.text) === fold(w))).map((text) => ({ text, count: 0 }));
    if (fresh.length === 0) return all;
    const next = { ...(known ?? { path: local, kind: 'text' } as Field), values: [...values, ...fresh] };
    return known ? all.map((f) => (f === known ? next : f)) : [...all, next];
  }), []);

  const reject = useCallback((r: Rejection) => setHistory((h) => put(h, { ...h.now, rejected: [...h.now.rejected, r] })), []);

  // What the tool knows is kept beside the mapping, without examples.
  const note = useMemo(() => noteOf(fields, suggestions, never, rejected, seen, coded), [fields, suggestions, never, rejected, seen, coded]);
  const keptNote = useRef(JSON.stringify(note));
  useEffect(() => {
    const text = JSON.stringify(note);
    if (!may || text === keptNote.current || (note.fields.length === 0 && note.rejected.length === 0 && note.seen === '')) return;
    const t = setTimeout(() => { keptNote.current = text; void saveNote(name, note).catch(() => { keptNote.current = ''; }); }, 500);
    return () => clearTimeout(t);
  }, [note, name, may]);

  return {
    name, may, doc, rejected, fields, suggestions, never, sample, notes, rows, coded, names, mistakes, checked, settled, ...save,
    seen: coded.length === 0 || seen === mark, look: (yes: boolean) => setSeen(yes ? mark : ''),
    change, match, learn, offer, reject, said, say, back, again, canUndo: history.past.length > 0, canRedo: history.future.length > 0,
  };
}

/** rebase takes the rules of one field out of a document that was made from an older one. */
function rebase(doc: Doc, made: Doc, local: string): Doc {
  const rule = made.rules.find((r) => localsOf(r).includes(local));
  const free = unjoin(doc, local);
  if (!rule) return free;
  return addRule({ ...free, ...(made.valueTables ? { valueTables: { ...made.valueTables, ...free.valueTables } } : {}), ...(made.groups ? { groups: made.groups } : {}) }, { ...rule, id: freeId(rule.id, (id) => free.rules.some((r) => r.id === id)) });
}
