// Judges T-SQL with Microsoft's own parser, ScriptDom, in the grammar of SQL Server 2017.
//
// Input: batches, separated by the control character RS (0x1E). Output: one line a batch, empty where it is well
// formed, else its errors. The text that a batch hands to EXEC is judged as well.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.SqlServer.TransactSql.ScriptDom;

class ExecutedText : TSqlFragmentVisitor
{
    public readonly List<string> Texts = new List<string>();

    public override void Visit(ExecutableStringList node)
    {
        if (node.Strings.All(part => part is StringLiteral))
            Texts.Add(string.Concat(node.Strings.Cast<StringLiteral>().Select(part => part.Value)));
    }
}

static class Checker
{
    static IEnumerable<string> Errors(string batch)
    {
        IList<ParseError> errors;
        var tree = new TSql140Parser(true).Parse(new StringReader(batch), out errors) as TSqlScript;
        foreach (var error in errors)
            yield return error.Line + ":" + error.Column + " " + error.Message;
        if (errors.Count > 0)
            yield break;
        if (tree == null || tree.Batches.Sum(part => part.Statements.Count) == 0)
        {
            yield return "no statement";
            yield break;
        }
        var executed = new ExecutedText();
        tree.Accept(executed);
        foreach (var text in executed.Texts)
            foreach (var error in Errors(text))
                yield return "in EXEC, " + error;
    }

    static void Main()
    {
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(false);
        foreach (var batch in Console.In.ReadToEnd().Split('\x1e'))
            Console.WriteLine(string.Join("; ", Errors(batch)).Replace('\n', ' ').Replace('\r', ' '));
    }
}
