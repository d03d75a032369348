import type { RunPage, RunText } from '../../tracking/stores/RunStore';
import { renderRunText } from '../protocol/render';

/** `runs/get` */
export async function* runAnswer(run: RunText): AsyncGenerator<string> {
  yield `{"run":${renderRunText(run)}}`;
}

/** `runs/search`: empty lists are left out, as MLflow does. */
export async function* searchAnswer(page: RunPage): AsyncGenerator<string> {
  let any = false;
  let part = await page.next();
  for (; !part.done; part = await page.next()) {
    if (part.value.length === 0) continue;
    yield `${any ? ',' : '{"runs":['}${part.value.map(renderRunText).join()}`;
    any = true;
  }
  yield end(any, part.value);
}

/** `metrics/get-history`: pieces are JSON lists, what the generator returns is the token of the next page. */
export async function* historyAnswer(
  history: AsyncGenerator<string, string | undefined>,
): AsyncGenerator<string> {
  let any = false;
  let piece = await history.next();
  for (; !piece.done; piece = await history.next()) {
    yield `${any ? ',' : '{"metrics":['}${piece.value.slice(1, -1)}`;
    any = true;
  }
  yield end(any, piece.value);
}

function end(any: boolean, token: string | undefined): string {
  const next = token && `"next_page_token":${JSON.stringify(token)}`;
  if (any) return next ? `],${next}}` : ']}';
  return next ? `{${next}}` : '{}';
}
