// What stands between two organizations, as the node says it, and how it looks.
const tones: Record<string, 'good' | 'wait' | 'now' | 'over' | 'bad'> = {
  'partner': 'good', 'yes': 'good', 'compare-the-words': 'now', 'waiting-for-you': 'now', 'new-terms-wait': 'now', 'waiting-for-them-to-confirm': 'wait', 'waiting-for-them': 'wait', 'new-terms-wait-for-them': 'wait',
  'suspended-by-you': 'wait', 'suspended-by-them': 'wait', 'winding-down-by-you': 'wait', 'winding-down-by-them': 'wait', 'no': 'over', 'ended-by-you': 'over', 'ended-by-them': 'over',
  'blocked-by-you': 'bad', 'blocked-by-them': 'bad', 'the-words-did-not-match': 'bad', 'lapsed': 'over',
};

/** slug is a state of the node's as part of a message's id. */
export const slug = (state: string) => state.trim().toLowerCase().replace(/\s+/g, '-');
export const tone = (state: string) => tones[slug(state)] ?? 'over';
export const states = Object.keys(tones);

/** standing is what the tag of a partner says: who paused, where nothing moves either way. */
export const standing = (p: { state: string; theySend: string; weSend: string }) => (p.state === 'partner' && p.theySend === p.weSend && p.theySend !== 'yes' ? p.theySend : p.state);

/** next is the one thing that a person can do now for a partner, or nothing. */
export function next(p: { state: string; theySend: string; weSend: string; alarm?: string }): 'alarm' | 'words' | 'permit' | '' {
  if (p.alarm) return 'alarm';
  if (slug(p.state) === 'compare-the-words') return 'words';
  if (slug(p.weSend) === 'waiting-for-you' || slug(p.theySend) === 'waiting-for-you' || slug(p.weSend) === 'new-terms-wait') return 'permit';
  return '';
}

/** invitationIn finds the text of an invitation in what a person pasted: alone, in a link after #, or in the middle of an e-mail. */
export function invitationIn(pasted: string): string {
  const found = /rwinvite\d\.[A-Za-z0-9_\-.=]+/.exec(pasted.replace(/=\r?\n/g, '').replace(/\s*\r?\n\s*(?=[A-Za-z0-9_-]{20,})/g, ''));
  return found?.[0] ?? pasted.trim();
}

/** keepable are parts of a referral that terms can keep back without making every referral impossible, as a contact point would. */
export const keepable = ['person.birthDate', 'person.addresses', 'people', 'risks', 'eligibility', 'situation', 'narrative'];
