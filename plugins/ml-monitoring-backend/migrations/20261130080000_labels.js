// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('labels', table => {
    table.comment(
      'True values of predictions, which came later; corrections are rows of their own',
    );
    table.string('model_ref').notNullable();
    table
      .string('request_id', 200)
      .notNullable()
      .comment('The id of the answer, as in prediction_id of the log');
    table
      .integer('row')
      .notNullable()
      .comment('The position in the request, from 0');
    table
      .integer('revision')
      .notNullable()
      .comment('0 of the first label, and one more of each that is another');
    table
      .text('label')
      .notNullable()
      .comment('JSON: a text, number or boolean');
    table
      .string('at')
      .notNullable()
      .comment('When it became known, ISO 8601, as the sender says');
    table.string('received_at').notNullable();
    table.string('source').notNullable().comment('Where it comes from');
    table
      .string('superseded_at')
      .nullable()
      .comment('Since when another counts; null of the one that counts');
    table.primary(['model_ref', 'request_id', 'row', 'revision']);
    // Those that count, since a time; and the oldest, which are removed first.
    table.index(['model_ref', 'superseded_at', 'received_at']);
    table.index(['received_at']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('labels');
};
