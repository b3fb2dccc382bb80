import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type Partner, type Standing, usePartner, usePermit, useReject, useStand, useTryPartner } from '../../api/partners';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { allNeeds } from '../compose/needs';
import { Permissions } from './Permissions';
import { next, slug, standing } from './states';
import { State, useKept } from './State';

/** PartnerPage is one partner: who it is, what may move, and what can be done about it. */
export function PartnerPage() {
  const say = useWords();
  const { id } = useParams({ strict: false }) as { id: string };
  const session = useSession();
  const partner = usePartner(id);
  const [permitting, setPermitting] = useState(false);
  const p = partner.data;
  useTitle(p?.name ?? say('menu.partners'));
  const may = session.data?.can.includes('trust') ?? false;
  if (partner.isPending) return <Skeleton h={240} role="status" aria-label={say('shell.loading')} />;
  if (!p) return <Trouble error={partner.error} again={() => void partner.refetch()} />;
  const todo = next(p);
  if (permitting && may) return <Permissions p={p} begun={slug(p.state) !== 'compare-the-words'} onDone={() => setPermitting(false)} onBack={() => setPermitting(false)} />;
  return (
    <Stack>
      <Link className="rw-link" to="/partners">{say('partners.all')}</Link>
      <Group justify="space-between"><Title order={1}>{p.name}</Title><State state={standing(p)} /></Group>
      {p.alarm && <Notice tone="bad" title={say('partners.alarm')} alert><Text>{p.alarm}</Text><Text mt="xs">{say('partners.alarmhint')}</Text></Notice>}
      {todo === 'words' && <Words p={p} may={may} onMatch={() => setPermitting(true)} />}
      {todo === 'permit' && <Agree p={p} may={may} />}
      {slug(p.state) === 'waiting-for-them-to-confirm' && <Notice tone="wait" title={say('partners.theyconfirm', { name: p.name })} />}
      <Facts p={p} may={may} />
      {may && slug(p.state) === 'partner' && <Button className="rw-start" variant="default" onClick={() => setPermitting(true)}>{say('partners.change')}</Button>}
      {may && slug(p.state) !== 'compare-the-words' && <Stand p={p} />}
    </Stack>
  );
}

/** Words are compared by phone; nothing else proves that the other side is who it says. */
function Words({ p, may, onMatch }: { p: Partner; may: boolean; onMatch: () => void }) {
  const say = useWords();
  const times = useTimes();
  const reject = useReject();
  const [stop, setStop] = useState(false);
  return (
    <section className="rw-card" aria-labelledby="compare">
      <Stack>
        <Title order={2} size="h3" id="compare">{say('partners.compare')}</Title>
        <Text>{say('partners.call', { name: p.name })}</Text>
        <ul className="rw-words" aria-label={say('partners.fourwords')}>{(p.words ?? []).map((w) => <li key={w} lang="en">{w}</li>)}</ul>
        <Text className="rw-quiet">{say('partners.number')}{p.lapses ? ` ${say('partners.lapses', { when: times.moment(p.lapses) })}` : ''}</Text>
        {reject.isError && <Trouble error={reject.error} focus />}
        {!may ? <Text>{say('partners.admin')}</Text> : stop ? (
          <Notice tone="bad" title={say('partners.different')} alert>
            <Text mb="sm">{say('partners.differenthint')}</Text>
            <Group><Button color="red.9" loading={reject.isPending} onClick={() => reject.mutate(p.id)}>{say('partners.stop')}</Button><Button variant="default" onClick={() => setStop(false)}>{say('protect.back')}</Button></Group>
          </Notice>
        ) : (
          <Group><Button onClick={onMatch}>{say('partners.same')}</Button><Button variant="default" onClick={() => setStop(true)}>{say('partners.notsame')}</Button></Group>
        )}
      </Stack>
    </section>
  );
}

/** useTerms says what terms permit. */
function useTerms() {
  const say = useWords();
  const kept = useKept();
  const needs = (list: { system: string; code: string }[] | null | undefined) => (list?.length ? list.map((n) => (allNeeds.some((k) => k.system === n.system && k.code === n.code) ? say(`needs.${n.system}-${n.code}`) : n.code)).join(', ') : say('partners.every'));
  const sentence = (who: 'they' | 'we', p: Partner, t: Partner['in'], state = who === 'they' ? p.theySend : p.weSend) => (t ? say(`partners.${who}may`, { name: p.name, needs: needs(t.needs) }) : say(`partners.${who}not`, { name: p.name, state: say(`partners.state.${slug(state)}`) }));
  const details = (t: Partner['in']) => (t ? [
    t.withheld?.length ? say('partners.without', { what: t.withheld.map(kept).join(', ') }) : '',
    t.perDay ? say('partners.limit', { n: t.perDay }) : '', t.namesFirst ? say('partners.firstnames') : '',
  ].filter(Boolean) : []);
  return { sentence, details };
}

/** Agree says yes to terms that the partner wrote. */
function Agree({ p, may }: { p: Partner; may: boolean }) {
  const say = useWords();
  const { sentence, details } = useTerms();
  const permit = usePermit();
  return (
    <Notice tone="now" title={say('partners.waitsforyou', { name: p.name })}>
      <Stack gap="sm" align="flex-start">
        {p.proposed ? <><Text>{say('partners.theywrote')}</Text><Text>{sentence('we', p, p.proposed)}</Text>{details(p.proposed).map((d) => <Text key={d} size="sm" className="rw-quiet">{d}</Text>)}</> : <Text>{say('partners.theyask', { name: p.name })}</Text>}
        {permit.isError && <Trouble error={permit.error} focus />}
        {may ? <Button loading={permit.isPending} onClick={() => permit.mutate({ id: p.id, allowed: { theySend: slug(p.theySend) === 'waiting-for-you', weSend: p.proposed !== undefined, needs: [], withheld: [], perDay: 0, namesFirst: false } })}>{say('partners.agree')}</Button> : <Text>{say('partners.admin2')}</Text>}
      </Stack>
    </Notice>
  );
}

function Facts({ p, may }: { p: Partner; may: boolean }) {
  const say = useWords();
  const { sentence, details } = useTerms();
  const again = useTryPartner();
  return (
    <section className="rw-card" aria-label={say('partners.agreed')}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('partners.agreed')}</Title>
        {([['they', p.in], ['we', p.out]] as const).map(([who, t]) => (
          <div key={who}><Text>{sentence(who, p, t)}</Text>{details(t).map((d) => <Text key={d} size="sm" className="rw-quiet">{d}</Text>)}</div>
        ))}
        {p.asked && <Notice tone="wait" title={say('partners.asked', { name: p.name })}><Text>{sentence('they', p, p.asked)}</Text>{details(p.asked).map((d) => <Text key={d} size="sm" className="rw-quiet">{d}</Text>)}</Notice>}
        {slug(p.state) === 'partner' && (p.reached
          ? <Text><span aria-hidden className="rw-dot" data-tone="good" />{say('partners.reached')}</Text>
          : <Group><Text><span aria-hidden className="rw-dot" data-tone="wait" />{say('partners.away')}</Text>{may && <Button size="xs" variant="default" loading={again.isPending} onClick={() => again.mutate(p.id)}>{say('partners.try')}</Button>}</Group>)}
        {again.isError && <Trouble error={again.error} focus />}
        <dl className="rw-facts">
          {p.contact.name && <><dt>{say('partners.person')}</dt><dd>{p.contact.name}</dd></>}
          {p.contact.phone && <><dt>{say('partners.phone')}</dt><dd>{p.contact.phone}</dd></>}
          {p.contact.email && <><dt>{say('signin.email')}</dt><dd>{p.contact.email}</dd></>}
          {p.contact.hours && <><dt>{say('partners.hours')}</dt><dd>{p.contact.hours}</dd></>}
        </dl>
      </Stack>
    </section>
  );
}

/** Stand holds, ends or blocks a partnership, and takes it up again. */
function Stand({ p }: { p: Partner }) {
  const say = useWords();
  const stand = useStand();
  const [sure, setSure] = useState<Standing>();
  const held = [p.theySend, p.weSend].map(slug);
  const ours = (s: string) => held.includes(`${s}-by-you`);
  const acts: Standing[] = ours('blocked') || ours('ended') ? [] : ours('suspended') || ours('winding-down') ? ['active', 'ended', 'blocked'] : ['suspended', 'winding-down', 'ended', 'blocked'];
  if (acts.length === 0) return <Text className="rw-quiet">{say('partners.over')}</Text>;
  return (
    <section className="rw-card" aria-labelledby="stand">
      <Stack gap="sm">
        <Title order={2} size="h4" id="stand">{say('partners.stand')}</Title>
        {stand.isError && <Trouble error={stand.error} focus />}
        {sure ? (
          <Notice tone={sure === 'active' ? 'now' : 'bad'} title={say(`partners.sure.${sure}`, { name: p.name })} alert>
            <Text mb="sm">{say(`partners.then.${sure}`)}</Text>
            <Group><Button color={sure === 'ended' || sure === 'blocked' ? 'red.9' : undefined} loading={stand.isPending} onClick={() => stand.mutate({ id: p.id, state: sure }, { onSuccess: () => setSure(undefined) })}>{say(`partners.do.${sure}`)}</Button><Button variant="default" onClick={() => setSure(undefined)}>{say('protect.back')}</Button></Group>
          </Notice>
        ) : (
          <Group>{acts.map((a) => <Button key={a} variant="default" onClick={() => setSure(a)}>{say(`partners.do.${a}`)}</Button>)}</Group>
        )}
      </Stack>
    </section>
  );
}
