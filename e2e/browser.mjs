// The browser of the end-to-end tests and of the pictures.
import { chromium } from 'playwright-core';

/** Chromium, which asks the network for nothing of its own. Its end is this command's affair, not Playwright's. */
export function launchChromium(options = {}) {
  const { args = [], ...rest } = options;
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      '--disable-background-networking',
      ...['--disable-component-update', '--disable-sync'],
      ...args,
    ],
    // Playwright would end this process at once, before its portals have ended.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    ...rest,
  });
}
