import { posix } from 'node:path';
import { checkArtifactPath } from '@downstage/plugin-ml-registry-node';
import type { Caller } from '@downstage/node';
import Router from 'express-promise-router';
import type { Request } from 'express';
import type { ArtifactService } from '../../artifacts/ArtifactService';
import { contentOf } from '../../kernel/http/contentOf';
import { sendArtifact } from '../../artifacts/sendArtifact';

/**
 * `/api/2.0/mlflow-artifacts`: files through the server. Contents are streamed
 * both ways and never shown by a browser on the portal's origin: always an
 * attachment, never sniffed, the type ours to say.
 */
export function createArtifactRouter(
  service: ArtifactService,
  callerOf: (request: Request) => Promise<Caller>,
) {
  const router = Router();

  router.get('/artifacts', async (request, response) => {
    const caller = await callerOf(request);
    const path = safePath(String(request.query.path ?? ''));
    const entries = await service.list(path, { caller });
    response.json({
      files: entries.length
        ? entries.map(entry => ({
            path: posix.basename(entry.path),
            is_dir: entry.isDir,
            file_size: entry.size,
          }))
        : undefined,
    });
  });

  router.get('/artifacts/:path(*)', async (request, response) => {
    const caller = await callerOf(request);
    const path = safePath(request.params.path);
    const file = await service.download(path, { caller });
    await sendArtifact(
      request,
      response,
      file,
      contentType(posix.basename(path)),
    );
  });

  router.put('/artifacts/:path(*)', async (request, response) => {
    const caller = await callerOf(request);
    const path = safePath(request.params.path);
    await service.upload(
      { path, content: contentOf(request, response) },
      { caller },
    );
    response.json({});
  });

  router.delete('/artifacts/:path(*)', async (request, response) => {
    const caller = await callerOf(request);
    await service.delete(safePath(request.params.path), { caller });
    response.json({});
  });
  return router;
}

/** The path as given, unless some reading of it leaves its folder. */
export function safePath(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '' : checkArtifactPath(trimmed);
}

const TEXT =
  /(^MLmodel|^MLproject|\.(txt|log|ya?ml|json|jsonl|csv|tsv|md|py|toml|cfg|ini|xml|html?|js|svg|sh|sql|r))$/i;
const IMAGES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.pdf': 'application/pdf',
};

/** What a file is sent as: text for what people read, never a type that a browser runs. */
export function contentType(name: string): string {
  if (TEXT.test(name)) return 'text/plain; charset=utf-8';
  return (
    IMAGES[posix.extname(name).toLowerCase()] ?? 'application/octet-stream'
  );
}
