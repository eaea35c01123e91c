/*
 * The words of the scenario language, in tables, and the scenarios that show each: the page
 * scenarios/WORDS.md. A word and the sentence about it stand in scenarios/schema.json; a ready
 * profile, provider or model is a file of fixtures/ and tells about itself.
 */
#pragma once

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/err.h"
#include "sim/scenario/scenario.h"

struct scenario_words;

/* Reads the tables of the project in folder `root`; NULL if its schema or a fixture cannot be
 * read, or the schema lacks a table. */
struct scenario_words *scenario_words_open(const char *root, struct err *err) MUST_CHECK;
void scenario_words_close(struct scenario_words **words);

/* Notes which words a scenario uses, itself or through a ready profile or model. The cells of one
 * file are one scenario. The scenario need not outlive the call. */
void scenario_words_note(struct scenario_words *words, const struct scenario *scenario);

/* The page in Markdown: of each word those scenarios that use the fewest words come first, as they
 * show it best. */
void scenario_words_print(const struct scenario_words *words, struct buf *out);
