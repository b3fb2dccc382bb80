import { createServer, connect, type AddressInfo } from 'node:net';
import { until } from './world';

/** say speaks one line of SMTP at a time, each after the answer to the one before. */
export function say(port: number, lines: string[]): Promise<void> {
  return new Promise((done, no) => {
    const c = connect(port, '127.0.0.1');
    const left = [...lines];
    c.setEncoding('utf8').on('error', no).on('data', (said: string) => {
      if (/^[45]\d\d/m.test(said)) { c.destroy(); no(new Error(said)); return; }
      const next = left.shift();
      if (next === undefined) { c.end(); done(); } else c.write(`${next}\r\n`);
    });
  });
}

/** free gives a port that nobody listens at. */
export const free = () => new Promise<number>((done) => { const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address() as AddressInfo; s.close(() => done(port)); }); });

/** listens waits until a server takes calls at a port. */
export const listens = (port: number) => until('the mail server listens', () => new Promise<boolean>((done) => { const c = connect(port, '127.0.0.1', () => { c.destroy(); done(true); }).on('error', () => done(false)); }));
