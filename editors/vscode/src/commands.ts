// The server's commands in the editor: what they ask for before, and how their answers are shown.

import * as vscode from 'vscode';
import type { ExecuteCommandSignature } from 'vscode-languageclient';

type Arguments = unknown[];

/** What the palette gives no arguments for; undefined when the user thinks better of it. */
const ASK: { [command: string]: () => Promise<Arguments | undefined> } = {
  'goleak.attach': async () => {
    const prompt = 'Address of a service that serves net/http/pprof';
    const url = await vscode.window.showInputBox({ prompt, value: 'http://localhost:6060' });
    return url ? [url] : undefined;
  },
  'goleak.load': async () => {
    const files = await vscode.window.showOpenDialog({ openLabel: 'Load profile' });
    return files ? [files[0].toString()] : undefined;
  },
  'goleak.showStacks': async () => {
    const editor = vscode.window.activeTextEditor;
    return editor ? [editor.document.uri.toString(), editor.selection.active.line] : undefined;
  },
};

export function commandMiddleware(pages: Pages) {
  return async (command: string, given: Arguments, next: ExecuteCommandSignature): Promise<unknown> => {
    const ask = ASK[command];
    const args = given.length === 0 && ask ? await ask() : given;
    if (!args) {
      return undefined;
    }
    const answer = await next(command, args);
    await show(command, args, answer, pages);
    return answer;
  };
}

async function show(command: string, args: Arguments, answer: unknown, pages: Pages): Promise<void> {
  if (command === 'goleak.showStacks') {
    await showStacks(args, answer, pages);
  } else if (command === 'goleak.top' || command === 'goleak.status') {
    const content = JSON.stringify(answer, undefined, 2);
    const document = await vscode.workspace.openTextDocument({ language: 'json', content });
    await vscode.window.showTextDocument(document, { preview: true });
  } else if (command === 'goleak.pause') {
    void vscode.window.setStatusBarMessage(answer ? 'Goleak: polling is paused' : 'Goleak: polling', 5000);
  }
}

async function showStacks([uri, line]: Arguments, page: unknown, pages: Pages): Promise<void> {
  if (typeof page !== 'string' || page === '') {
    void vscode.window.showInformationMessage('Goleak: no goroutines are known on this line.');
    return;
  }
  const file = vscode.Uri.parse(String(uri)).path.split('/').pop();
  const preview = pages.put(`Goroutines at ${file}:${Number(line) + 1}.md`, page);
  await vscode.commands.executeCommand('markdown.showPreviewToSide', preview);
}

/** Pages of the server as documents that are on no disk. */
export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private static readonly SCHEME = 'goleak';
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(Pages.SCHEME, this);
  readonly onDidChange = this.changed.event;

  put(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: Pages.SCHEME, path: `/${name}` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  dispose(): void {
    vscode.Disposable.from(this.registration, this.changed).dispose();
  }
}
