// The settings as the server gets them.

import * as vscode from 'vscode';

/** Settings that say how the server is started; it is not told of them. */
export const PROGRAM_SETTINGS = ['path', 'args'];

type Table = { [name: string]: unknown };

/**
 * The section as a nested table of what the user has set. Defaults are left out: they
 * would win over the workspace's `.goleak.toml`.
 */
export function serverSettings(extension: vscode.Extension<unknown>): Table {
  const properties: Table = extension.packageJSON.contributes.configuration.properties;
  const configuration = vscode.workspace.getConfiguration('goleak');
  const table: Table = {};
  for (const name of Object.keys(properties).map((key) => key.slice('goleak.'.length))) {
    const found = configuration.inspect(name);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value === undefined || PROGRAM_SETTINGS.includes(name)) {
      continue;
    }
    // What VS Code calls trace.server is the server's own setting `trace`.
    put(table, name === 'trace.server' ? ['trace'] : name.split('.'), value);
  }
  return table;
}

function put(table: Table, path: string[], value: unknown): void {
  const [name, ...rest] = path;
  if (rest.length === 0) {
    table[name] = value;
  } else {
    put((table[name] ??= {}) as Table, rest, value);
  }
}
