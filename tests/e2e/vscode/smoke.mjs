// smoke.mjs URL FOLDER LINE: trusts the folder, looks at the leak, at its stacks, and takes the first quick fix.

import { inWorkbench, openFile, previewText, trustFolder } from './workbench.mjs';

const [url, folder, line] = process.argv.slice(2);

const seen = await inWorkbench(url, folder, async (page) => {
  await openFile(page, 'main.go', line);
  await page.locator('[id="status.languageStatus"]').hover();
  const untrusted = await page.locator('.hover-language-status', { hasText: 'Goleak' }).innerText();
  await trustFolder(page);
  await page.locator('.squiggly-warning').first().waitFor();
  const lens = page.locator('.codelens-decoration a', { hasText: 'goroutines blocked here' });
  // The workbench hides it for a moment while it lays the lines out anew.
  const title = await lens.textContent();
  await lens.click();
  await page.locator('.tab', { hasText: 'Goroutines at main.go' }).waitFor();
  const stacks = await previewText(page);
  await page.locator('.view-line', { hasText: '<-ch' }).click({ position: { x: 20, y: 5 } });
  // The bulb tells that a fix is preferred once it was built; until then the menu may be made anew.
  await page.locator('[class*="codicon-"][class*="lightbulb-auto"]').first().waitFor();
  const menu = page.locator('.action-widget .monaco-list-row.action');
  // Whatever takes the focus while the workbench lays itself out closes the menu: people ask again then.
  const opens = async () => {
    await page.keyboard.press('Control+.');
    return menu.first().waitFor({ timeout: 8_000 }).then(() => true, () => false);
  };
  if (!(await opens()) && !(await opens())) await menu.first().waitFor();
  const fixes = await menu.allInnerTexts();
  await page.keyboard.press('Enter');
  await page.locator('.view-line', { hasText: 'ctx.Done()' }).waitFor();
  await page.locator('.tab.dirty').waitFor();
  await page.keyboard.press('Control+S');
  await page.locator('.tab.dirty').waitFor({ state: 'detached' });
  return { untrusted, title, stacks, fixes };
});
console.log(JSON.stringify(seen));
