import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useProfile, useRules } from '../../api/setup';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { Community } from './Community';
import { Consent } from './Consent';
import { Hours } from './Hours';
import { Organization } from './Organization';
import { Recovery } from './Recovery';
import { Services } from './Services';

const parts = [['organization', 'setup.read'], ['services', 'setup.read'], ['hours', 'setup.read'], ['consent', 'setup.read'], ['community', 'identity'], ['recovery', 'identity']] as const;

/** Settings is what the organization says of itself and asks of itself, one part a page. */
export function Settings() {
  const say = useWords();
  const { id } = useParams({ strict: false }) as { id?: string };
  const session = useSession();
  const profile = useProfile();
  const rules = useRules();
  const can = session.data?.can ?? [];
  const shown = parts.filter(([, need]) => can.includes(need));
  const part = shown.find(([p]) => p === id)?.[0];
  const title = part ? say(`settings.${part}`) : say('menu.settings');
  useTitle(title);
  const trouble = profile.error ?? rules.error;
  const may = can.includes('setup.change');
  return (
    <Stack maw={760}>
      {part && <Link className="rw-link" to="/settings">{say('settings.all')}</Link>}
      <Title order={1}>{title}</Title>
      {trouble && <Trouble error={trouble} again={() => { void profile.refetch(); void rules.refetch(); }} />}
      {!trouble && (!profile.data || !rules.data) && <Skeleton h={240} role="status" aria-label={say('shell.loading')} />}
      {!part && (
        <ul className="rw-list">
          {shown.map(([p]) => <li key={p} className="rw-card"><Link className="rw-link" to="/settings/$id" params={{ id: p }}>{say(`settings.${p}`)}</Link><Text size="sm" className="rw-quiet">{say(`settings.${p}.why`)}</Text></li>)}
          <li className="rw-card"><Link className="rw-link" to="/account">{say('settings.account')}</Link><Text size="sm" className="rw-quiet">{say('settings.account.why')}</Text></li>
        </ul>
      )}
      {profile.data && rules.data && (
        <>
          {part === 'organization' && <Organization profile={profile.data} may={may} />}
          {part === 'services' && <Services profile={profile.data} may={may} />}
          {part === 'hours' && <Hours rules={rules.data} may={may} />}
          {part === 'consent' && <Consent rules={rules.data} may={may} />}
          {part === 'community' && <Community profile={profile.data} />}
          {part === 'recovery' && <Recovery name={profile.data.name} />}
        </>
      )}
    </Stack>
  );
}
