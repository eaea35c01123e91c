/*
 * Style and script of the page, as texts; made from reports/assets/ when the program is built.
 */
#pragma once

extern const char report_page_css[];
extern const char report_page_js[];
