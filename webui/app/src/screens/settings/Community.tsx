import { Checkbox, Stack, Text } from '@mantine/core';
import { type Profile, useAnnounce } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';

/** Community tells the card to organizations that are no partners yet, or stops it. */
export function Community({ profile }: { profile: Profile }) {
  const say = useWords();
  const announce = useAnnounce();
  if (!profile.community) return <div className="rw-card"><Text>{say('settings.community.none')}</Text></div>;
  return (
    <div className="rw-card"><Stack>
      {announce.isError && <Trouble error={announce.error} focus />}
      {announce.isSuccess && <Notice tone="good" title={say('settings.saved')} alert />}
      <Checkbox label={say('settings.community.tell')} description={say('settings.community.hint')} checked={profile.announced} disabled={announce.isPending} onChange={(e) => announce.mutate(e.currentTarget.checked)} />
    </Stack></div>
  );
}
