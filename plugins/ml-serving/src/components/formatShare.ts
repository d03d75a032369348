import { formatNumber } from '@downstage/react';

/** `90 %`, `0.5 %`. */
export function formatShare(percent: number): string {
  return `${formatNumber(percent)} %`;
}
