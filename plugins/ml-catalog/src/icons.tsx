import type { IconComponent } from '@backstage/core-plugin-api';
import {
  RiBrainLine,
  RiDatabase2Line,
  RiShapesLine,
  type RemixiconComponentType,
} from '@remixicon/react';

/** The icon of each kind, the same wherever the kind is shown. */
export const kindIcons: Record<'model' | 'dataset' | 'feature', IconComponent> =
  {
    model: sized(RiBrainLine),
    dataset: sized(RiDatabase2Line),
    feature: sized(RiShapesLine),
  };

/** As large as the text around it, unless told: the relations graph says where and how large. */
function sized(Icon: RemixiconComponentType): IconComponent {
  return props => <Icon size="1em" {...props} />;
}
