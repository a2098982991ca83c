// Parses Oracle SQL and PL/SQL. stdin: lines, each a JSON array of units as SQL*Plus would send them to the server;
// stdout: for each line a JSON array of null or "line:column message", one for each unit.
import { createInterface } from "readline";
import antlr4 from "antlr4";
import { PlSqlLexer, PlSqlParser } from "@griffithswaite/ts-plsql-parser";

const { CharStream, CommonTokenStream, atn } = antlr4;
const { SLL, LL } = atn.PredictionMode;

function firstError(unit, mode) {
  const errors = [];
  const listener = {
    syntaxError: (recognizer, symbol, line, column, message) => errors.push(`${line}:${column} ${message}`),
    reportAmbiguity() {},
    reportAttemptingFullContext() {},
    reportContextSensitivity() {},
  };
  const lexer = new PlSqlLexer(new CharStream(unit));
  const parser = new PlSqlParser(new CommonTokenStream(lexer));
  for (const recognizer of [lexer, parser]) {
    recognizer.removeErrorListeners();
    recognizer.addErrorListener(listener);
  }
  parser._interp.predictionMode = mode;
  parser.sql_script();
  return errors[0] ?? null;
}

// SLL is fast and never accepts what LL would not; what it rejects is asked again
const fast = (unit) => firstError(unit, SLL);
const full = (unit) => firstError(unit, LL);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(JSON.parse(line).map((unit) => fast(unit) && full(unit))));
}
