import { formId } from '../compose/formId';

export const ids = ['about', 'way', 'fields', 'services', 'partner', 'practice', 'kit'] as const;
export type Id = (typeof ids)[number];
export type State = 'done' | 'going' | 'todo' | 'skip';
export interface Task { id: Id; state: State; to: string; can: string }

/** Facts are what is really there; the list keeps no marks of its own. */
export interface Facts {
  profile: { contact?: { phone?: string; email?: string }; services?: unknown[] | null };
  zone?: string;
  connections: { id: string; kind: string; mapping?: string }[];
  mappings: { name: string }[];
  partners: { state: string; id: string }[];
  practice?: string; // the practice partner's id, when it is one
  invitations: number;
  sent: { practice?: boolean; status: string }[];
  kit: number; // files that are known to be kept
}

const where: Record<Id, [to: string, can: string]> = {
  about: ['/settings/organization', 'setup.change'], way: ['/connections', 'setup.change'], fields: ['/fields', 'setup.change'], services: ['/settings/services', 'setup.change'],
  partner: ['/partners', 'trust'], practice: ['/start/practice', 'referrals.work'], kit: ['/settings/recovery', 'identity'],
};

/** tasks says how far the set-up is, from what is there. */
export function tasks(f: Facts): Task[] {
  const other = f.connections.some((c) => c.id !== formId && c.kind !== 'inbox');
  const matched = f.mappings.some((m) => m.name !== formId);
  const real = f.partners.filter((p) => p.state === 'partner');
  const tried = f.sent.filter((r) => r.practice);
  const state: Record<Id, State> = {
    about: (f.profile.contact?.phone || f.profile.contact?.email) && f.zone ? 'done' : 'todo',
    way: f.connections.length > 0 ? 'done' : 'todo',
    fields: matched ? 'done' : other ? 'todo' : 'skip',
    services: (f.profile.services?.length ?? 0) > 0 ? 'done' : 'todo',
    partner: real.length > 0 ? 'done' : f.partners.length > 0 || f.invitations > 0 ? 'going' : 'todo',
    practice: tried.some((r) => r.status !== 'new') ? 'done' : tried.length > 0 ? 'going' : 'todo',
    kit: f.kit >= 2 ? 'done' : f.kit === 1 ? 'going' : 'todo',
  };
  return ids.map((id) => ({ id, state: state[id], to: where[id][0], can: where[id][1] }));
}

/** progress counts what is done of what is needed, and names what to do next. */
export function progress(list: Task[], can: string[]): { done: number; of: number; next?: Task } {
  const needed = list.filter((t) => t.state !== 'skip');
  return { done: needed.filter((t) => t.state === 'done').length, of: needed.length, next: needed.find((t) => t.state !== 'done' && can.includes(t.can)) };
}
