/** The header of an answer that holds the id of its request. By this id the rows are found in the prediction log. */
export const PREDICTION_ID_HEADER = 'x-prediction-id';

/**
 * The id of one row in the prediction log: the id of its answer, and the row's position in the request, from 0.
 *
 * @remarks
 * This is the only place that spells it. A caller computes it from the answer and joins it with labels that come
 * later. The id is ours and occurs once; the caller's own `x-request-id` may repeat.
 *
 * @example
 * ```ts
 * const answer = await serving.predict({ params, body: { rows } }, { credentials });
 * rows.map((row, index) => predictionIdOf(answer.predictionId, index)); // '0b6c…/0', '0b6c…/1'
 * ```
 */
export function predictionIdOf(answerId: string, row: number): string {
  return `${answerId}/${row}`;
}
