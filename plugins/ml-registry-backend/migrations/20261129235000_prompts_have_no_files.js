// @ts-check

/**
 * Versions of prompts that an earlier release registered with a place, a run or a logged model. Nobody asked then
 * whether the client may read it, and a version opens its files. A prompt is its tags alone, as new ones are.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.raw(
    `UPDATE model_versions
     SET storage_location = 'no-files:', run_id = NULL, model_id = NULL
     WHERE EXISTS (
       SELECT 1 FROM model_version_tags t
       WHERE t.name = model_versions.name AND t.version = model_versions.version
         AND t.key = 'mlflow.prompt.is_prompt')`,
  );
};

/** Where they lay before is forgotten: a prompt never had files. */
exports.down = async function down() {};
