// picture.mjs URL FOLDER LINE FILE: the picture of the README: the leak on its line, its stacks, its fixes.

import { inWorkbench, openFile, previewText } from './workbench.mjs';

const [url, folder, line, file] = process.argv.slice(2);
const view = { viewport: { width: 940, height: 470 }, deviceScaleFactor: 2 };

await inWorkbench(url, folder, async (page) => {
  await openFile(page, 'main.go', line);
  await page.keyboard.press('Control+B');
  await page.locator('.explorer-folders-view').waitFor({ state: 'hidden' });
  const lens = page.locator('.codelens-decoration a', { hasText: 'goroutines blocked here' });
  await lens.click();
  await previewText(page);
  await page.locator('.view-line', { hasText: '<-ch' }).click({ position: { x: 20, y: 5 } });
  await page.locator('[class*="codicon-"][class*="lightbulb"]').first().waitFor();
  // The function stands at the top, so that the line that starts it is seen as well.
  for (let row = 0; row < 8; row++) {
    await page.keyboard.press('Control+ArrowDown');
  }
  await page.keyboard.press('Control+.');
  await page.locator('.action-widget .monaco-list-row.action').first().waitFor();
  await page.mouse.move(0, 0);
  await page.locator('.monaco-hover:visible').waitFor({ state: 'hidden' });
  await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
}, view);
console.log('{}');
