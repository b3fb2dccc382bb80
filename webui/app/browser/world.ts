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

export interface Person { name: string; email: string }

/** Node is one node as a process, in a folder of its own. */
export class Node {
  url = '';
  out = '';
  private run?: ChildProcess;
  private constructor(readonly data: string, private readonly demo: boolean) {}

  static async start(folder: string, name: string, demo = true): Promise<Node> {
    const n = new Node(join(folder, name), demo);
    n.cli('init', '--listen', '/ip4/127.0.0.1/tcp/0', '--api', '127.0.0.1:0', '--allow-private');
    await n.serve();
    return n;
  }

  async serve(): Promise<void> {
    this.run = spawn(program, ['--data', this.data, 'serve'], { env: { ...process.env, REFERWORKS_DEMO: String(this.demo) }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.run.stdout?.on('data', (b: Buffer) => { this.out += b.toString(); });
    for (let i = 0; i < 300; i++) {
      try {
        this.url = (JSON.parse(this.cli('--json', 'status')) as { url: string }).url;
        if (this.demo || this.out.includes('/setup#') || i > 20) return;
      } catch { /* not up yet */ }
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the node in ${this.data} did not start: ${this.out}`);
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

/** World is the browser, the nodes of a test, and what the pages must never do. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'referworks-browser-'));
  readonly nodes: Node[] = [];
  private readonly complaints: string[] = [];
  private constructor(readonly browser: Browser) {}

  static async open(): Promise<World> {
    return new World(await chromium.launch({ executablePath: chromiumAt, args: ['--no-sandbox'] }));
  }

  async node(name: string, demo = true): Promise<Node> {
    const n = await Node.start(this.folder, name, demo);
    this.nodes.push(n);
    return n;
  }

  /** page opens a window of its own, as another person's computer. Requests to elsewhere and breaches of the policy are complaints. */
  async page(at: Node, how: { width?: number; dark?: boolean; language?: string } = {}): Promise<Page> {
    const context: BrowserContext = await this.browser.newContext({ viewport: { width: how.width ?? 1280, height: 900 }, colorScheme: how.dark ? 'dark' : 'light', locale: how.language ?? 'en-US', timezoneId: 'America/New_York' });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: at.url });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const origin = new URL(at.url).origin;
    page.on('request', (r) => { const u = new URL(r.url()); if (!['data:', 'blob:'].includes(u.protocol) && u.host !== new URL(origin).host) this.complaints.push(`${page.url()} asked ${u.origin}`); });
    page.on('console', (m) => { if (/Content Security Policy|Uncaught|Minified React error/i.test(m.text())) this.complaints.push(`${page.url()}: ${m.text()}`); });
    page.on('pageerror', (e) => this.complaints.push(`${page.url()}: ${e.message}`));
    return page;
  }

  /** enter signs an invented person in. */
  async enter(at: Node, person: Person, how: { width?: number; dark?: boolean; language?: string } = {}): Promise<Page> {
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

/** accessible runs axe for WCAG 2.2 AA over what the page shows. */
export async function accessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run: (o: unknown) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } }).axe;
    const r = await run.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 160)} — ${n.failureSummary ?? ''}`).join('\n')}`);
  });
  expect(found, where).toEqual([]);
}
