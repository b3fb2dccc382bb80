import { Button, Group, NativeSelect, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { useIntl } from 'react-intl';
import { useReport, useReportFile } from '../../api/reports';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { save } from '../../shell/save';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';

const spans = ['30', '90', '365'];
const dayLong = 24 * 3600 * 1000;

/** Reports counts referrals: tables first, each number with a bar beside it. */
export function Reports() {
  const say = useWords();
  const times = useTimes();
  const { messages } = useIntl();
  useTitle(say('menu.reports'));
  const [days, setDays] = useState('90');
  const from = useMemo(() => new Date(new Date().toDateString()).getTime() - Number(days) * dayLong, [days]);
  const report = useReport(from);
  const file = useReportFile();
  const r = report.data;
  const most = (numbers: number[]) => Math.max(1, ...numbers);
  const weeks = r?.weeks ?? [];
  const partners = r?.partners ?? [];
  const funnel = r?.funnel ?? [];
  const needs = r?.needs ?? [];
  const mostNeeded = most(needs.flatMap((n) => [n.sent, n.received]));
  const top = most(weeks.flatMap((w) => [w.sent, w.received]));
  return (
    <Stack>
      <Title order={1}>{say('menu.reports')}</Title>
      <Text>{say('reports.intro')}</Text>
      <Group align="flex-end" className="rw-noprint">
        <NativeSelect label={say('reports.span')} value={days} onChange={(e) => setDays(e.currentTarget.value)} data={spans.map((d) => ({ value: d, label: say('reports.days', { n: Number(d) }) }))} />
        <Button variant="default" loading={file.isPending} onClick={() => file.mutate(from, { onSuccess: (got) => save('referrals-report.csv', got.csv, 'text/csv') })}>{say('reports.save')}</Button>
      </Group>
      <Text size="sm" className="rw-quiet">{say('reports.small')}</Text>
      {file.isError && <Trouble error={file.error} focus />}
      {file.isSuccess && <Notice tone="good" title={say('reports.saved')} alert />}
      {report.isError && <Trouble error={report.error} again={() => void report.refetch()} />}
      {report.isPending && <Skeleton h={300} role="status" aria-label={say('shell.loading')} />}
      {r?.more && <Notice tone="wait" title={say('reports.more')} />}
      {r && weeks.length === 0 && <div className="rw-card"><Stack gap="xs" align="flex-start"><Text fw={600}>{say('reports.none')}</Text><Text>{say('reports.nonenext')}</Text><Link className="rw-link" to="/send">{say('menu.send')}</Link></Stack></div>}
      {r && weeks.length > 0 && (
        <>
          <Part title={say('reports.time')} head={[say('reports.week'), say('reports.sent'), say('reports.received')]}>
            {weeks.map((w) => <tr key={w.start} role="row"><th scope="row" role="rowheader">{times.day(new Date(w.start).toISOString().slice(0, 10))}</th><Bar n={w.sent} of={top} /><Bar n={w.received} of={top} /></tr>)}
          </Part>
          {(funnel[0]?.n ?? 0) > 0 && (
            <Part title={say('reports.funnel')} head={[say('reports.stage'), say('reports.referrals')]}>
              {funnel.map((f) => <tr key={f.stage} role="row"><th scope="row" role="rowheader">{say(`reports.stage.${f.stage}`)}</th><Bar n={f.n} of={most([funnel[0]?.n ?? 0])} share /></tr>)}
            </Part>
          )}
          {partners.length > 0 && (
            <Part cells title={say('reports.partners')} head={[say('reports.partner'), say('reports.sent'), say('reports.accepted'), say('reports.declined'), say('reports.open')]}>
              {partners.map((p) => <tr key={p.id} role="row"><th scope="row" role="rowheader" dir="auto">{p.name}</th><td role="cell" data-label={say('reports.sent')}>{p.sent}</td><Bar n={p.accepted} of={p.sent} share label={say('reports.accepted')} /><td role="cell" data-label={say('reports.declined')}>{p.declined}</td><td role="cell" data-label={say('reports.open')}>{p.open}</td></tr>)}
            </Part>
          )}
          <Part title={say('reports.needs')} head={[say('reports.need'), say('reports.sent'), say('reports.received')]}>
            {needs.map((n) => <tr key={`${n.system} ${n.code}`}><th scope="row">{n.code ? (messages[`needs.${n.system}-${n.code}`] ? say(`needs.${n.system}-${n.code}`) : [n.label, `${n.system} ${n.code}`].filter(Boolean).join(' · ')) : say('reports.noneed')}</th><Bar n={n.sent} of={mostNeeded} /><Bar n={n.received} of={mostNeeded} /></tr>)}
          </Part>
          <section className="rw-card">
            <Title order={2} size="h4" mb="xs">{say('reports.reply')}</Title>
            {r.reply.n === 0 ? <Text>{say('reports.noreply')}</Text> : <dl className="rw-facts"><dt>{say('reports.median')}</dt><dd>{span(say, r.reply.median)}</dd><dt>{say('reports.ninetieth')}</dt><dd>{span(say, r.reply.ninetieth)}</dd><dt>{say('reports.answered')}</dt><dd>{r.reply.n}</dd></dl>}
          </section>
        </>
      )}
    </Stack>
  );
}

function span(say: ReturnType<typeof useWords>, ms: number) {
  if (ms < 2 * 3600_000) return say('reports.minutes', { n: Math.max(1, Math.round(ms / 60_000)) });
  return ms < 2 * dayLong ? say('reports.hours', { n: Math.round(ms / 3600_000) }) : say('reports.daysof', { n: Math.round(ms / dayLong) });
}

/** Part is one table. With cells each of its rows is a block of its own on a phone; the roles are said, because a block is no row to a browser. */
function Part({ title, head, cells = false, children }: { title: string; head: string[]; cells?: boolean; children: ReactNode }) {
  const id = useId();
  return (
    <section className="rw-card">
      <Title order={2} size="h4" mb="xs" id={id}>{title}</Title>
      <div className="rw-wide" tabIndex={0} role="region" aria-labelledby={id}>
        <Table className={cells ? 'rw-report rw-cells' : 'rw-report'} role="table" aria-labelledby={id}>
          <thead role="rowgroup"><tr role="row">{head.map((h) => <th scope="col" role="columnheader" key={h}>{h}</th>)}</tr></thead>
          <tbody role="rowgroup">{children}</tbody>
        </Table>
      </div>
    </section>
  );
}

/** Bar is a number; the bar beside it only helps the eye. */
function Bar({ n, of, share = false, label }: { n: number; of: number; share?: boolean; label?: string }) {
  const intl = useIntl();
  const part = of > 0 ? Math.round((100 * n) / of) : 0;
  return <td role="cell" data-label={label}><span className="rw-n">{n}{share ? ` (${intl.formatNumber(part / 100, { style: 'percent' })})` : ''}</span><span className="rw-bar" aria-hidden style={{ width: `${Math.min(100, part)}%` }} /></td>;
}
