// What every driver does: a browser with the workbench in it, and a file open at a line.

import { createRequire } from 'node:module';

const { chromium } = createRequire(`${process.env.MODULES}/`)('playwright-core');
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** Opens `folder`, runs `steps(page)` in it, and closes the browser whatever happens. */
export async function inWorkbench(url, folder, steps, view = {}) {
  const browser = await chromium.launchPersistentContext(process.env.PROFILE, {
    executablePath: process.env.CHROMIUM,
    args: FLAGS,
    viewport: { width: 1200, height: 800 },
    ...view,
  });
  const page = browser.pages()[0];
  page.setDefaultTimeout(30_000);
  try {
    await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor();
    return await steps(page);
  } catch (error) {
    await page.screenshot({ path: `${process.env.PROFILE}.png` });
    throw error;
  } finally {
    await browser.close();
  }
}

/** Opens a file of the folder at a line, counted from 1. */
export async function openFile(page, name, line) {
  const input = page.locator('.quick-input-widget input.input');
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first().waitFor();
  await page.keyboard.press('Control+P');
  await input.fill(`${name}:${line}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.editor-instance .monaco-editor.focused .view-lines').waitFor();
}

/** The text of a page of the server that the editor shows in a webview. */
export async function previewText(page) {
  const inner = page.frameLocator('iframe.webview').frameLocator('#active-frame');
  // The frame is there before its page is.
  return inner.locator('body', { hasText: /\S/ }).innerText();
}

/** Says that the folder's authors are trusted. */
export async function trustFolder(page) {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input.input').fill('>Workspaces: Manage Workspace Trust');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Manage Workspace Trust' }).first().waitFor();
  await page.keyboard.press('Enter');
  const editor = page.locator('.workspace-trust-editor');
  await editor.getByRole('button', { name: /^Trust/ }).first().click();
  await editor.getByText('You trust this folder').waitFor();
  await page.locator('.modal-editor-action-container .codicon-close').first().click();
  await editor.waitFor({ state: 'hidden' });
}
