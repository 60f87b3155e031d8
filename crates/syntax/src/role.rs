//! What a piece of a program is, said the same in every language. A language's own file maps its
//! grammar's words to these; whoever looks at programs asks for these alone.

/// What a node is. What no template and no question needs is `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// With a name, or given one where it stands: a definition, a method, `const f = () => …`.
    Function,
    /// A function without a name: its body, where it is an expression, is part of its statement.
    Lambda,
    /// Also a trait and what implements one.
    Class,
    Parameters,
    /// One with a default: `Name`, `Value`.
    DefaultParameter,
    /// `Callee`, `Arguments`.
    Call,
    Arguments,
    /// An argument by name: `Name`, `Value`.
    Keyword,
    /// Arithmetic and bits: `Left`, `Operator`, `Right`.
    Binary,
    Comparison,
    /// And, or.
    Boolean,
    Not,
    /// Unary minus: `Argument`.
    Minus,
    /// A name, read or bound; see [`crate::Node::is_bound`].
    Name,
    /// `Object`, `Member`.
    Attribute,
    /// `Object`, `Index`.
    Subscript,
    /// A part of a list by two ends, or the two ends.
    Slice,
    Integer,
    Float,
    Text,
    Regex,
    True,
    False,
    Null,
    List,
    Tuple,
    Map,
    /// A list, a set or a map that is told how to be made.
    Comprehension,
    /// `Then`, `Condition`, `Otherwise`.
    Conditional,
    Parenthesised,
    /// An expression of another sort: awaited, borrowed, unpacked, a comprehension.
    Value,
    /// Tokens that the grammar doesn't look into, such as a macro's.
    Opaque,

    /// `Target`, `Value`.
    Assignment,
    /// An assignment that makes its target.
    Let,
    /// `Target`, `Operator`, `Value`.
    Augmented,
    /// One more or one less: `Argument`, `Operator`.
    Update,
    ExpressionStatement,
    Return,
    Yield,
    Raise,
    Break,
    Continue,
    Assert,
    /// A statement that does nothing.
    Pass,
    /// `Condition`, `Then`, `Otherwise`.
    If,
    Elif,
    Else,
    /// `Condition`, `Body`.
    While,
    /// `Target`, `Value`, `Body`.
    For,
    /// A comprehension's `for`.
    ForClause,
    IfClause,
    Match,
    Case,
    Try,
    Except,
    With,
    /// Statements in a row; also a class's body and the file itself.
    Block,
    /// Binds names in a way of its own: unpacking, a match's pattern.
    Pattern,
    Import,
    Type,
    Decorator,
    Comment,
    /// What the parser could make nothing of.
    Error,
    /// A keyword, an operator, punctuation.
    Token,
    Other,
}

/// What a node is to the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    Name,
    Parameters,
    Body,
    Callee,
    Arguments,
    Left,
    Operator,
    Right,
    Object,
    Member,
    Index,
    Argument,
    Target,
    Value,
    Condition,
    Then,
    Otherwise,
    Type,
}

impl Role {
    /// Whether it has a value that another expression's could stand in for.
    pub fn is_expression(self) -> bool {
        matches!(
            self,
            Self::Call
                | Self::Binary
                | Self::Comparison
                | Self::Boolean
                | Self::Not
                | Self::Minus
                | Self::Name
                | Self::Attribute
                | Self::Subscript
                | Self::Integer
                | Self::Float
                | Self::Text
                | Self::Regex
                | Self::True
                | Self::False
                | Self::Null
                | Self::List
                | Self::Tuple
                | Self::Map
                | Self::Comprehension
                | Self::Conditional
                | Self::Parenthesised
                | Self::Value
        )
    }

    /// A name, a number, a call: needs no parentheses anywhere.
    pub fn is_atom(self) -> bool {
        self.is_place()
            || self.is_literal()
            || matches!(self, Self::Parenthesised | Self::Comprehension)
    }

    /// Something that a suffix can follow.
    pub fn is_place(self) -> bool {
        matches!(self, Self::Name | Self::Attribute | Self::Call | Self::Subscript)
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    pub fn is_literal(self) -> bool {
        matches!(
            self,
            Self::Integer
                | Self::Float
                | Self::Text
                | Self::Regex
                | Self::True
                | Self::False
                | Self::Null
                | Self::List
                | Self::Map
        )
    }
}
