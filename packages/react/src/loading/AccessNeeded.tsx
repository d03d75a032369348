import { Alert, Link } from '@backstage/ui';
import { parseEntityRef } from '@backstage/catalog-model';
import { DATA_ACCESS_NEEDED } from '@downstage/common';

/** Why content is not shown, and the data set that it would show, where the refusal names one. */
export type AccessNeededProps = { reason: string; dataset?: string };

/**
 * Why content is not shown, when the reason is the data behind it; `undefined` for every other error.
 *
 * @example
 * ```tsx
 * const needed = accessNeededOf(action.error);
 * if (needed) return <AccessNeeded {...needed} />;
 * ```
 */
export function accessNeededOf(
  error: Error | undefined,
): AccessNeededProps | undefined {
  for (const said of [error?.cause, error]) {
    if (
      said instanceof Error &&
      'code' in said &&
      said.code === DATA_ACCESS_NEEDED
    ) {
      return {
        reason: said.message,
        ...('dataset' in said &&
          typeof said.dataset === 'string' && { dataset: said.dataset }),
      };
    }
  }
  return undefined;
}

/** Says that the content of this place shows data that the reader may not read. Leads to those who give the right. */
export function AccessNeeded(props: AccessNeededProps) {
  const { reason, dataset } = props;
  return (
    <Alert
      status="info"
      title="This shows data that you may not read"
      description={reason}
      customActions={
        dataset && (
          <Link href={pageOf(dataset)} variant="body-medium">
            Access of {parseEntityRef(dataset).name}
          </Link>
        )
      }
    />
  );
}

/** The page of the data set; it has the card Access. */
function pageOf(ref: string): string {
  const { kind, namespace, name } = parseEntityRef(ref);
  return `/catalog/${[namespace, kind, name]
    .map(encodeURIComponent)
    .join('/')}`;
}
