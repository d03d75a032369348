import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlDataTranslationRef } from './translation';

type Words = ReturnType<
  typeof useTranslationRef<(typeof mlDataTranslationRef)['T']>
>['t'];

/** The words of this plugin. */
export function useWords(): Words {
  return useTranslationRef(mlDataTranslationRef).t;
}
