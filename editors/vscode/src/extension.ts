// Starts goleak-lsp beside gopls, and shows what its commands answer.

import * as vscode from 'vscode';
import { LanguageClient, State, Trace, type LanguageClientOptions } from 'vscode-languageclient/node';
import { commandMiddleware, Pages } from './commands';
import { PROGRAM_SETTINGS, serverSettings } from './settings';

const LANGUAGES = ['go', 'goroutine-dump'];

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const extension = new Extension(context.extension);
  context.subscriptions.push(
    extension,
    vscode.commands.registerCommand('goleak.restart', () => extension.restart()),
    vscode.commands.registerCommand('goleak.showLogs', () => extension.log.show()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => extension.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => extension.configure(event)),
  );
  await extension.restart();
}

/** Leaves it to the extension to say that the server does not start, once and with what helps. */
class Client extends LanguageClient {
  override error(message: string, data?: unknown, show?: boolean | 'force'): void {
    super.error(message, data, this.state === State.Running ? show : false);
  }
}

/** One client a window: command ids are global, and the client registers those of its server. */
class Extension implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('Goleak', { log: true });
  private readonly pages = new Pages();
  private readonly status = vscode.languages.createLanguageStatusItem('goleak', LANGUAGES);
  private client: Client | undefined;
  /** Starts and stops, one after the other. */
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly extension: vscode.Extension<unknown>) {
    this.status.name = 'Goleak';
    this.status.command = { title: 'Show logs', command: 'goleak.showLogs' };
  }

  restart(): Promise<void> {
    this.turn = this.turn.then(() => this.stop()).then(() => this.start());
    return this.turn;
  }

  /** What the program is started with needs another start; everything else the client tells the server. */
  configure(event: vscode.ConfigurationChangeEvent): void {
    if (PROGRAM_SETTINGS.some((name) => event.affectsConfiguration(`goleak.${name}`))) {
      void this.restart();
    } else if (event.affectsConfiguration('goleak.trace.server')) {
      void this.client?.setTrace(traceLevel());
    }
  }

  private async start(): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      this.say('Goleak: off, the workspace is not trusted', vscode.LanguageStatusSeverity.Information);
      return;
    }
    const configuration = vscode.workspace.getConfiguration('goleak');
    const command = configuration.get<string>('path') || 'goleak-lsp';
    const args = configuration.get<string[]>('args', []);
    const client = new Client('goleak', 'Goleak', { command, args }, this.options());
    this.client = client;
    client.onDidChangeState(({ newState }) => this.show(newState));
    try {
      await client.start();
      await client.setTrace(traceLevel());
    } catch (error) {
      this.failed(command, error);
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: LANGUAGES.map((language) => ({ scheme: 'file', language })),
      outputChannel: this.log,
      initializationOptions: () => serverSettings(this.extension),
      synchronize: { configurationSection: 'goleak' },
      middleware: {
        executeCommand: commandMiddleware(this.pages),
        workspace: {
          configuration: (params) => params.items.map(() => serverSettings(this.extension)),
        },
      },
    };
  }

  private failed(command: string, error: unknown): void {
    this.log.error(String(error));
    this.say('Goleak: not running', vscode.LanguageStatusSeverity.Error);
    const message = `${command} could not be started. Install it by "pipx install goleak-lsp", or set goleak.path.`;
    void vscode.window.showErrorMessage(message, 'Open Settings', 'Show Logs').then((choice) => {
      if (choice === 'Open Settings') {
        void vscode.commands.executeCommand('workbench.action.openSettings', 'goleak.path');
      } else if (choice) {
        this.log.show();
      }
    });
  }

  private show(state: State): void {
    if (state === State.Running) {
      this.say('Goleak: running', vscode.LanguageStatusSeverity.Information);
    } else if (state === State.Stopped) {
      this.say('Goleak: stopped', vscode.LanguageStatusSeverity.Warning);
    }
    this.status.busy = state === State.Starting;
  }

  private say(text: string, severity: vscode.LanguageStatusSeverity): void {
    this.status.text = text;
    this.status.severity = severity;
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      // A server that never started cannot be stopped either.
      this.log.warn(String(error));
    }
  }

  async dispose(): Promise<void> {
    await this.turn;
    await this.stop();
    vscode.Disposable.from(this.log, this.status, this.pages).dispose();
  }
}

function traceLevel(): Trace {
  return Trace.fromString(vscode.workspace.getConfiguration('goleak').get<string>('trace.server', 'off'));
}
