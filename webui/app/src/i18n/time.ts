import { useIntl } from 'react-intl';

/** useTimes says times as people write them: "Mon, Nov 23, 2026, 8:12 am", and how long ago. */
export function useTimes() {
  const intl = useIntl();
  return {
    moment: (at: number | string) => intl.formatDate(new Date(at), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit' }),
    day: (at: number | string) => intl.formatDate(typeof at === 'string' && at.length === 10 ? `${at}T12:00:00` : new Date(at), { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }),
    month: (at: string) => intl.formatDate(`${at}-15T12:00:00`, { month: 'long', year: 'numeric' }),
    hour: (at: number) => intl.formatTime(new Date(at), { hour: 'numeric', minute: '2-digit' }),
    ago: (at: number, now = Date.now()) => {
      const s = Math.round((at - now) / 1000);
      const step = [[60, 'second', 1], [3600, 'minute', 60], [86400, 'hour', 3600], [Infinity, 'day', 86400]] as const;
      const [, unit, by] = step.find(([limit]) => Math.abs(s) < limit) ?? step[3];
      return intl.formatRelativeTime(Math.round(s / by), unit, { numeric: 'auto' });
    },
  };
}
