import { NotFoundErrorPage } from '@backstage/frontend-plugin-api';
import type { ReactNode } from 'react';
import { useParams } from 'react-router-dom';

/** A page with tabs: itself at its own address and below its tabs, at any other that there is nothing. */
export function KnownPages(props: {
  paths: readonly string[];
  children: ReactNode;
}) {
  const { paths, children } = props;
  const [first] = (useParams()['*'] ?? '').split('/');
  const isKnown = !first || paths.some(path => firstPart(path) === first);
  return isKnown ? <>{children}</> : <NotFoundErrorPage />;
}

function firstPart(path: string): string | undefined {
  return path.split('/').find(Boolean);
}
