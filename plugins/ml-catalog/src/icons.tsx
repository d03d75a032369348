import type { IconComponent } from '@backstage/core-plugin-api';
import { RiBrainLine, RiDatabase2Line, RiShapesLine } from '@remixicon/react';

/** The icon of each kind, the same wherever the kind is shown. */
export const kindIcons: Record<'model' | 'dataset' | 'feature', IconComponent> =
  {
    model: () => <RiBrainLine size="1em" />,
    dataset: () => <RiDatabase2Line size="1em" />,
    feature: () => <RiShapesLine size="1em" />,
  };
