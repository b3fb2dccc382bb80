import { type ReactNode, type Ref } from 'react';

interface NoticeProps { tone: 'now' | 'wait' | 'good' | 'bad'; title: string; children?: ReactNode; alert?: boolean; box?: Ref<HTMLDivElement> }

/** Notice is something to know before one goes on. With alert it is read out at once. */
export function Notice({ tone, title, children, alert = false, box }: NoticeProps) {
  return (
    <div className="rw-notice" data-tone={tone} role={alert ? 'alert' : undefined} ref={box} tabIndex={alert ? -1 : undefined}>
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  );
}
