import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** Where the program and the browser are. Without a browser the tests are skipped by name. */
export const program = process.env.REFERWORKS ?? join(import.meta.dirname, '../../../referworks');
export const chromiumAt = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p)) ?? '';

/** patience is how long anything may take before a test gives up: what waits is a state, never a clock. */
export const patience = Number(process.env.PATIENCE ?? 60_000);

export interface Person { name: string; email: string }

/** Call is the API as a signed-in person uses it: it gives the answer, or throws the node's sentence. */
export type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** Node is one node as a process, in a folder of its own. */
export class Node {
  url = '';
  out = '';
  private run?: ChildProcess;
  private constructor(readonly data: string, private readonly demo: boolean) {}

  static async start(folder: string, name: string, demo = true, api = '127.0.0.1:0'): Promise<Node> {
    const n = new Node(join(folder, name), demo);
    n.cli('init', '--listen', '/ip4/127.0.0.1/tcp/0', '--api', api, '--allow-private');
    await n.serve();
    return n;
  }

  async serve(): Promise<void> {
    this.run = spawn(program, ['--data', this.data, 'serve'], { env: { ...process.env, REFERWORKS_DEMO: String(this.demo) }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.run.stdout?.on('data', (b: Buffer) => { this.out += b.toString(); });
    await until(`the node in ${this.data}`, () => {
      this.url = (JSON.parse(this.cli('--json', 'status')) as { url: string }).url;
      return this.demo || this.out.includes('/setup#');
    });
  }

  cli(...args: string[]): string {
    return execFileSync(program, ['--data', this.data, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** org makes an organization with an invented owner, who signs in without a password, and gives its id. */
  org(name: string, person: Person, language = 'en'): string {
    const made = JSON.parse(this.cli('--json', 'org', 'create', name, '--kit', join(this.data, `kit-${Date.now()}`))) as { id: string };
    this.cli('--org', made.id, 'user', 'demo', person.name, person.email, '--language', language);
    return made.id;
  }

  /** as signs an invented person in outside of any browser. */
  async as(person: Person): Promise<Call> {
    const entered = await fetch(`${this.url}/v1/session/demo`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: person.email }) });
    const cookie = entered.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
    return async <T>(method: string, path: string, body?: unknown) => {
      const got = await fetch(this.url + path, { method, headers: { Cookie: cookie, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) }, body: body === undefined ? undefined : JSON.stringify(body) });
      const text = await got.text();
      if (!got.ok) throw new Error(`${method} ${path}: ${got.status} ${text}`);
      return (text ? JSON.parse(text) : undefined) as T;
    };
  }

  /** link is the one-time link that the node printed. */
  link(): string {
    const found = /\S+\/setup#\S+/.exec(this.out);
    if (!found) throw new Error(`no link was printed: ${this.out}`);
    return found[0];
  }

  async stop(): Promise<void> {
    const run = this.run;
    if (!run || run.exitCode !== null) return;
    await new Promise<void>((done) => { run.once('exit', () => done()); run.kill('SIGINT'); });
  }
}

/** until asks again until something is so. What is thrown meanwhile is told when it never is. */
export async function until<T>(what: string, so: () => T | Promise<T>): Promise<NonNullable<T>> {
  let last: unknown;
  for (const end = Date.now() + 2 * patience; Date.now() < end;) {
    try {
      const is = await so();
      if (is) return is as NonNullable<T>;
      last = is;
    } catch (e) { last = e; }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${what}: it never was so; last: ${String(last)}`);
}

interface Partner { id: string; state: string; theySend: string; weSend: string; reached: boolean }

/** pair makes partners of two organizations, both ways, every need. Each side is a person's calls and the other's id. */
export async function pair(one: { call: Call; org: string }, two: { call: Call; org: string }): Promise<void> {
  const { invitation } = await one.call<{ invitation: string }>('POST', '/v1/partners/invitations');
  await two.call('POST', '/v1/partners:accept', { invitation });
  const yes = { match: true, theySend: true, weSend: true };
  await until('the invitation was taken up', async () => (await one.call<{ items: Partner[] }>('GET', '/v1/partners')).items.some((p) => p.id === two.org));
  await one.call('POST', `/v1/partners/${two.org}/confirmation`, yes);
  await two.call('POST', `/v1/partners/${one.org}/confirmation`, yes);
  for (const [side, other] of [[one, two], [two, one]] as const) {
    await until('both directions are open', async () => { const p = await side.call<Partner>('GET', `/v1/partners/${other.org}`); return p.weSend === 'yes' && p.theySend === 'yes' && p.reached; });
  }
}

export interface Look { width?: number; dark?: boolean; language?: string }

/** World is the browser, the nodes of a test, and what the pages must never do. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'referworks-browser-'));
  readonly nodes: Node[] = [];
  private readonly complaints: string[] = [];
  private constructor(readonly browser: Browser) {}

  static async open(): Promise<World> {
    return new World(await chromium.launch({ executablePath: chromiumAt, timeout: 2 * patience, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] }));
  }

  async node(name: string, demo = true, api?: string): Promise<Node> {
    const n = await Node.start(this.folder, name, demo, api);
    this.nodes.push(n);
    return n;
  }

  /** page opens a window of its own, as another person's computer. Requests to elsewhere, breaches of the policy and dialogs are complaints. */
  async page(at: Node, how: Look = {}): Promise<Page> {
    const context: BrowserContext = await this.browser.newContext({ viewport: { width: how.width ?? 1280, height: 900 }, colorScheme: how.dark ? 'dark' : 'light', locale: how.language ?? 'en-US', timezoneId: 'America/New_York', reducedMotion: 'reduce' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: at.url });
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const host = new URL(at.url).host;
    page.on('request', (r) => { const u = new URL(r.url()); if (!['data:', 'blob:'].includes(u.protocol) && u.host !== host) this.complaints.push(`${page.url()} asked ${u.origin}`); });
    page.on('console', (m) => { if (/Content Security Policy|Uncaught|Minified React error/i.test(m.text())) this.complaints.push(`${page.url()}: ${m.text()}`); });
    page.on('pageerror', (e) => this.complaints.push(`${page.url()}: ${e.message}`));
    page.on('dialog', (d) => { if (d.type() !== 'beforeunload') this.complaints.push(`${page.url()} opened a dialog: ${d.message()}`); void d.accept(); });
    return page;
  }

  /** enter signs an invented person in. */
  async enter(at: Node, person: Person, how: Look = {}): Promise<Page> {
    const page = await this.page(at, how);
    await page.goto(`${at.url}/demo#${encodeURIComponent(person.email)}`);
    await page.waitForURL(`${at.url}/`);
    return page;
  }

  /** well says that no page complained. */
  well(): void { expect(this.complaints).toEqual([]); }

  async close(): Promise<void> {
    await this.browser.close();
    await Promise.all(this.nodes.map((n) => n.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** settled waits until a screen shows what it has: its heading, and nothing that still loads. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await until(`${page.url()} settles`, () => page.evaluate(() => document.querySelector('[aria-busy="true"], [aria-label="Loading"], [aria-label="Cargando"], .mantine-Skeleton-root, [data-loading="true"]') === null));
}

/** fits says that nothing is wider than the window. */
export async function fits(page: Page, where: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    return document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1).slice(-3).map((e) => e.outerHTML.slice(0, 120));
  });
  expect(wide, `${where} is wider than the window`).toEqual([]);
}

/** accessible runs axe for WCAG 2.2 AA over what the page shows. */
export async function accessible(page: Page, where: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run: (o: unknown) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } }).axe;
    const r = await run.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 160)} — ${n.failureSummary ?? ''}`).join('\n')}`);
  });
  expect(found, where).toEqual([]);
}
