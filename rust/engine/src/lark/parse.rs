//! From words to statements: a recursive-descent parser of Lark's grammar language.

use super::syntax::{
    Alternative, Alternatives, Atom, Definition, Import, Item, Quantifier, Statement, Symbol, Value,
};
use super::token::{tokens, Kind, Token};
use super::Place;
use crate::error::{Error, Result};

/// How deeply brackets may nest.
const DEEPEST: usize = 200;

/// Reads a grammar. `name` is the file's, for errors.
pub(super) fn parse(text: &str, name: Option<&str>) -> Result<Vec<Statement>> {
    let mut parser = Parser { tokens: tokens(text, name)?, at: 0, name, depth: 0 };
    let mut statements = Vec::new();
    while !parser.take(Kind::End) {
        if parser.take(Kind::NewLine) {
            continue;
        }
        statements.push(parser.statement()?);
    }
    Ok(statements)
}

struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    name: Option<&'t str>,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn next(&self) -> Token<'t> {
        self.tokens[self.at]
    }

    fn next_is(&self, kind: Kind) -> bool {
        self.next().kind == kind
    }

    fn advance(&mut self) -> Token<'t> {
        let token = self.next();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    fn take(&mut self, kind: Kind) -> bool {
        let found = self.next_is(kind);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'t>> {
        if self.next_is(kind) {
            return Ok(self.advance());
        }
        Err(self.unexpected(&format!("{} {context}", kind.name())))
    }

    /// The error of a word that cannot stand here.
    fn unexpected(&self, expected: &str) -> Error {
        let Token { kind, text, place } = self.next();
        let found = match kind {
            Kind::NewLine | Kind::End => kind.name().to_owned(),
            Kind::NewLineOr => "\"|\"".to_owned(),
            _ => format!("{text:?}"),
        };
        self.error(place, format!("expected {expected}, found {found}"))
    }

    fn error(&self, place: Place, message: String) -> Error {
        let message = message + &super::in_file(self.name);
        Error::grammar(place.line, place.column, message)
    }

    fn statement(&mut self) -> Result<Statement> {
        let token = self.next();
        match token.kind {
            Kind::Rule | Kind::Terminal | Kind::Modifiers => {
                Ok(Statement::Define(self.definition()?))
            }
            Kind::Override => {
                self.advance();
                Ok(Statement::Override(self.definition()?))
            }
            Kind::Extend => {
                self.advance();
                Ok(Statement::Extend(self.definition()?))
            }
            Kind::Ignore => {
                self.advance();
                let body = self.alternatives()?;
                self.end_of_line()?;
                Ok(Statement::Ignore(body, token.place))
            }
            Kind::Declare => {
                self.advance();
                let mut symbols = Vec::new();
                while self.next_is(Kind::Rule) || self.next_is(Kind::Terminal) || symbols.is_empty()
                {
                    let place = self.next().place;
                    symbols.push((self.symbol("after %declare")?, place));
                }
                self.end_of_line()?;
                Ok(Statement::Declare(symbols))
            }
            Kind::Import => {
                self.advance();
                Ok(Statement::Import(self.import(token.place)?))
            }
            _ => Err(self.unexpected("a rule, a terminal or a statement (%ignore, %import, ...)")),
        }
    }

    /// A definition ends with its line; a line that goes on with `|` is the same line.
    fn end_of_line(&mut self) -> Result<()> {
        match self.take(Kind::NewLine) {
            true => Ok(()),
            false => Err(self.unexpected("\"|\", an item or the end of the line")),
        }
    }

    fn symbol(&mut self, context: &str) -> Result<Symbol> {
        let token = self.next();
        match token.kind {
            Kind::Rule | Kind::Terminal => {
                self.advance();
                Ok(Symbol { name: token.text.to_owned(), terminal: token.kind == Kind::Terminal })
            }
            _ => Err(self.unexpected(&format!("a name {context}"))),
        }
    }

    fn definition(&mut self) -> Result<Definition> {
        let place = self.next().place;
        let mut definition = Definition {
            symbol: Symbol { name: String::new(), terminal: true },
            parameters: Vec::new(),
            body: Alternatives::default(),
            inlined_if_single: false,
            keeps_all: false,
            priority: 0,
            place,
        };
        if self.next_is(Kind::Terminal) {
            definition.symbol = self.symbol("")?;
        } else {
            if self.next_is(Kind::Modifiers) {
                let modifiers = self.advance().text;
                definition.inlined_if_single = modifiers.contains('?');
                definition.keeps_all = modifiers.contains('!');
            }
            let name = self.expect(Kind::Rule, "to define")?;
            definition.symbol = Symbol { name: name.text.to_owned(), terminal: false };
            if self.take(Kind::LeftBrace) {
                loop {
                    let parameter = self.expect(Kind::Rule, "as the template's parameter")?;
                    definition.parameters.push(parameter.text.to_owned());
                    if !self.take(Kind::Comma) {
                        break;
                    }
                }
                self.expect(Kind::RightBrace, "after the template's parameters")?;
            }
        }
        if self.take(Kind::Dot) {
            let number = self.expect(Kind::Number, "as the priority")?;
            definition.priority = number
                .text
                .parse()
                .map_err(|_| self.error(number.place, "the priority is too large".to_owned()))?;
        }
        self.expect(Kind::Colon, "after the name")?;
        definition.body = self.alternatives()?;
        self.end_of_line()?;
        Ok(definition)
    }

    fn import(&mut self, place: Place) -> Result<Import> {
        let relative = self.take(Kind::Dot);
        let mut path = vec![self.symbol("to import from")?.name];
        while self.take(Kind::Dot) {
            path.push(self.symbol("to import")?.name);
        }
        let mut names = Vec::new();
        if self.take(Kind::LeftParenthesis) {
            loop {
                let name = self.symbol("to import")?.name;
                names.push((name.clone(), name));
                if !self.take(Kind::Comma) {
                    break;
                }
            }
            self.expect(Kind::RightParenthesis, "after the names to import")?;
        } else {
            let name = path.pop().unwrap_or_default();
            if path.is_empty() {
                let message = format!(
                    "nothing is imported from the grammar {name:?}: write {name}.NAME or {name} (NAME)"
                );
                return Err(self.error(place, message));
            }
            let alias = match self.take(Kind::To) {
                true => self.symbol("after \"->\"")?.name,
                false => name.clone(),
            };
            names.push((name, alias));
        }
        self.end_of_line()?;
        Ok(Import { relative, path, names, place })
    }

    fn alternatives(&mut self) -> Result<Alternatives> {
        let mut items = Vec::new();
        loop {
            items.push(self.sequence()?);
            if !self.take(Kind::Or) && !self.take(Kind::NewLineOr) {
                return Ok(Alternatives { items });
            }
        }
    }

    fn sequence(&mut self) -> Result<Alternative> {
        let place = self.next().place;
        let mut items = Vec::new();
        while let Some(item) = self.item()? {
            items.push(item);
        }
        let alias = match self.take(Kind::To) {
            true => Some(self.expect(Kind::Rule, "as the alias (in lower case)")?.text.to_owned()),
            false => None,
        };
        Ok(Alternative::Sequence { items, alias, place })
    }

    /// An atom and its quantifier; none where none starts.
    fn item(&mut self) -> Result<Option<Item>> {
        let token = self.next();
        let atom = match token.kind {
            Kind::LeftParenthesis => Atom::Group(self.bracketed(Kind::RightParenthesis)?),
            Kind::LeftBracket => Atom::Maybe(self.bracketed(Kind::RightBracket)?),
            Kind::Rule | Kind::Terminal | Kind::String | Kind::Regexp => Atom::Value(self.value()?),
            _ => return Ok(None),
        };
        let quantifier = if self.next_is(Kind::Operator) {
            self.advance().text.chars().next().map(Quantifier::Operator)
        } else if self.take(Kind::Tilde) {
            let least = self.count()?;
            match self.take(Kind::DotDot) {
                true => Some(Quantifier::Range(least, self.count()?)),
                false => Some(Quantifier::Times(least)),
            }
        } else {
            None
        };
        Ok(Some(Item { atom, quantifier, place: token.place }))
    }

    fn bracketed(&mut self, close: Kind) -> Result<Alternatives> {
        let open = self.advance();
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = format!("brackets nest more than {DEEPEST} deep");
            return Err(self.error(open.place, message));
        }
        let inner = self.alternatives()?;
        self.depth -= 1;
        let (line, column) = (open.place.line, open.place.column);
        self.expect(close, &format!("for the {:?} of line {line}, column {column}", open.text))?;
        Ok(inner)
    }

    fn count(&mut self) -> Result<i64> {
        let token = self.expect(Kind::Number, "as the count")?;
        token.text.parse().map_err(|_| self.error(token.place, "the count is too large".to_owned()))
    }

    fn value(&mut self) -> Result<Value> {
        let token = self.next();
        match token.kind {
            Kind::Terminal => Ok(Value::Symbol(self.symbol("")?)),
            Kind::Rule => {
                let symbol = self.symbol("")?;
                if !self.take(Kind::LeftBrace) {
                    return Ok(Value::Symbol(symbol));
                }
                self.depth += 1;
                if self.depth > DEEPEST {
                    let message = format!("templates nest more than {DEEPEST} deep");
                    return Err(self.error(token.place, message));
                }
                let mut arguments = vec![self.value()?];
                while self.take(Kind::Comma) {
                    arguments.push(self.value()?);
                }
                self.depth -= 1;
                self.expect(Kind::RightBrace, "after the template's arguments")?;
                Ok(Value::Template { name: symbol.name, arguments })
            }
            Kind::Regexp => Ok(Value::Literal(self.advance().text.to_owned())),
            Kind::String => {
                let first = self.advance().text.to_owned();
                if !self.take(Kind::DotDot) {
                    return Ok(Value::Literal(first));
                }
                let last = self.expect(Kind::String, "as the range's end")?;
                Ok(Value::Range(first, last.text.to_owned()))
            }
            _ => Err(self.unexpected("a name, a string or a regular expression")),
        }
    }
}
