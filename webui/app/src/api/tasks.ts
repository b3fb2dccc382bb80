import { type Task, tasks } from '../screens/tasks/list';
import { useInvitations, usePartners, usePractice } from './partners';
import { useReferrals } from './referrals';
import { useConnections, useKit, useMappings, useProfile, useRules } from './setup';

/** useTasks reads all that says how far the set-up is; data only when all of it is there. */
export function useTasks(wanted: boolean): { data?: Task[]; error: unknown; again: () => void } {
  const profile = useProfile(wanted);
  const rules = useRules(wanted);
  const connections = useConnections(wanted);
  const mappings = useMappings(wanted);
  const kit = useKit(wanted);
  const invitations = useInvitations(wanted);
  const partners = usePartners();
  const practice = usePractice();
  const sent = useReferrals('out');
  const all = [profile, rules, connections, mappings, kit, invitations, partners, practice, sent];
  const error = all.find((q) => q.isError)?.error;
  const again = () => { for (const q of all) if (q.isError) void q.refetch(); };
  if (!wanted || !profile.data || !rules.data || !connections.data || !mappings.data || !kit.data || !invitations.data || !partners.data || !practice.data || !sent.data) return { error, again };
  return {
    error, again,
    data: tasks({
      profile: profile.data, zone: rules.data.calendar?.zone, connections: connections.data.items ?? [], mappings: (mappings.data.items ?? []).map((m) => ({ name: m.name ?? '' })),
      partners: partners.data.items ?? [], practice: practice.data.ready ? practice.data.partner : undefined, invitations: invitations.data.items?.length ?? 0,
      sent: sent.data.pages.flatMap((p) => p.items ?? []), kit: new Set((kit.data.items ?? []).map((m) => m.file)).size,
    }),
  };
}
