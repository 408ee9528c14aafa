/** Takes pictures of pages for `docs/screenshots`: light, dark and narrow. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { openContext } from "./harness.ts";

const folder = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));

/** Takes only pictures whose names match, and leaves the others as they are. */
const only = process.env.TOWPATH_SCREENSHOTS_ONLY ? new RegExp(process.env.TOWPATH_SCREENSHOTS_ONLY) : undefined;

export const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 360, height: 740 };
/** A picture larger than this has no place among sources. */
const MOST_BYTES = 120_000;
const QUALITY = 0.85;

export class Camera {
  /** `press` turns pictures into a smaller kind. */
  private constructor(private readonly press: Page) {}

  /** Empties the folder, unless only some pictures are taken. */
  static async prepare(browser: Browser): Promise<Camera> {
    if (!only) await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return new Camera(await (await openContext(browser)).newPage());
  }

  /** Takes a page in light, dark and narrow, each scrolled to `what` where that is told. */
  async takeAll(page: Page, name: string, what?: Locator): Promise<void> {
    if (only && !only.test(name)) return;
    await settle(page);
    await what?.scrollIntoViewIfNeeded();
    await this.take(page, `${name}-light`);
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(() => page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
    await this.take(page, `${name}-dark`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(NARROW);
    await settle(page);
    await what?.scrollIntoViewIfNeeded();
    await this.take(page, `${name}-narrow`);
    await page.setViewportSize(WIDE);
  }

  private async take(page: Page, name: string): Promise<void> {
    const png = await page.screenshot({ animations: "disabled", caret: "hide" });
    const webp = await this.press.evaluate(
      async ({ data, quality }) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.width, image.height];
        canvas.getContext("2d")?.drawImage(image, 0, 0);
        return canvas.toDataURL("image/webp", quality).split(",")[1] ?? "";
      },
      { data: png.toString("base64"), quality: QUALITY },
    );
    const bytes = Buffer.from(webp, "base64");
    expect(bytes.length, name).toBeLessThan(MOST_BYTES);
    await writeFile(`${folder}${name}.webp`, bytes);
    if (process.env.TOWPATH_SCREENSHOTS_PNG) await writeFile(`${process.env.TOWPATH_SCREENSHOTS_PNG}/${name}.png`, png);
  }
}

async function settle(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await expect.poll(() => page.locator(".mantine-Skeleton-root:visible").count(), { timeout: 15_000 }).toBe(0);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
