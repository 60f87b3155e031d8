//! The families of edits, what each is called, and what it costs.

/// The cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Template {
    Operator,
    Constant,
    Swap,
    /// A text or a pattern, by what a test expected.
    Text,
    OffByOne,
    Name,
    Attribute,
    Callee,
    /// `x` for `self.x`, or the other way round.
    Member,
    Negation,
    Default,
    /// A handler also catches what ended a test.
    Except,
    Unwrap,
    Keyword,
    List,
    Slice,
    Target,
    Return,
    Argument,
    Deletion,
    /// Statements in another order or another block, a loop left or gone on with.
    Flow,
    /// An `if` gone, what it guarded stays.
    Unguard,
    CallToAssignment,
    Clause,
    Condition,
    Copy,
    Insertion,
    Expression,
    Operand,
    Wrap,
    Guard,
    Everywhere,
    Pair,
}

impl Template {
    pub const ALL: [Self; 33] = [
        Self::Operator,
        Self::Constant,
        Self::Swap,
        Self::Text,
        Self::OffByOne,
        Self::Name,
        Self::Attribute,
        Self::Callee,
        Self::Member,
        Self::Negation,
        Self::Default,
        Self::Except,
        Self::Unwrap,
        Self::Keyword,
        Self::List,
        Self::Slice,
        Self::Target,
        Self::Return,
        Self::Argument,
        Self::Deletion,
        Self::Flow,
        Self::Unguard,
        Self::CallToAssignment,
        Self::Clause,
        Self::Condition,
        Self::Copy,
        Self::Insertion,
        Self::Expression,
        Self::Operand,
        Self::Wrap,
        Self::Guard,
        Self::Everywhere,
        Self::Pair,
    ];

    /// Measured on one-line bugs in small functions; of those after real bugs (`Text`, `Member`,
    /// `Default`, `Except`, `Keyword`, `Return`, `Argument`, `Unguard`, `Flow`) set by hand among them.
    pub fn cost(self) -> f64 {
        match self {
            Self::Operator => 1.0,
            Self::Constant | Self::Swap | Self::Text => 1.6,
            Self::OffByOne | Self::Name => 1.8,
            Self::Attribute | Self::Callee | Self::Member => 1.9,
            Self::Negation | Self::Default | Self::Except => 2.0,
            Self::Unwrap => 2.2,
            Self::List | Self::Keyword => 2.4,
            Self::Slice | Self::Target | Self::Return | Self::Argument => 2.6,
            Self::Deletion | Self::Unguard | Self::Flow => 2.6,
            Self::CallToAssignment | Self::Clause | Self::Condition | Self::Copy => 2.8,
            Self::Insertion | Self::Expression | Self::Everywhere => 3.0,
            Self::Operand | Self::Wrap => 3.2,
            Self::Guard => 3.3,
            Self::Pair => 4.2,
        }
    }

    /// Whether it puts something in place of a whole expression.
    pub(super) fn replaces_a_value(self) -> bool {
        matches!(
            self,
            Self::OffByOne
                | Self::Name
                | Self::Negation
                | Self::Unwrap
                | Self::List
                | Self::Slice
                | Self::Clause
                | Self::Condition
                | Self::Expression
                | Self::Operand
                | Self::Wrap
        )
    }

    /// Stable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Constant => "constant",
            Self::Swap => "swap",
            Self::Text => "text",
            Self::OffByOne => "off_by_one",
            Self::Name => "name",
            Self::Attribute => "attribute",
            Self::Callee => "callee",
            Self::Member => "member",
            Self::Negation => "negation",
            Self::Default => "default",
            Self::Except => "except",
            Self::Unwrap => "unwrap",
            Self::Keyword => "keyword",
            Self::List => "list",
            Self::Slice => "slice",
            Self::Target => "target",
            Self::Return => "return",
            Self::Argument => "argument",
            Self::Deletion => "deletion",
            Self::Flow => "flow",
            Self::Unguard => "unguard",
            Self::CallToAssignment => "call_to_assignment",
            Self::Clause => "clause",
            Self::Condition => "condition",
            Self::Copy => "copy",
            Self::Insertion => "insertion",
            Self::Expression => "expression",
            Self::Operand => "operand",
            Self::Wrap => "wrap",
            Self::Guard => "guard",
            Self::Everywhere => "everywhere",
            Self::Pair => "pair",
        }
    }

    /// What was wrong, as the object of "Fix …".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Operator => "the operator",
            Self::Constant => "the constant",
            Self::Swap => "the swapped operands",
            Self::Text => "the text",
            Self::OffByOne => "the off-by-one error",
            Self::Name => "the wrong name",
            Self::Attribute => "the wrong attribute",
            Self::Callee => "the wrong function call",
            Self::Member => "the object's own value",
            Self::Negation => "the inverted condition",
            Self::Default => "the default",
            Self::Except => "the unhandled exception",
            Self::Unwrap => "the superfluous operation",
            Self::Keyword => "the missing argument",
            Self::List => "the empty list",
            Self::Slice => "the slice",
            Self::Target => "the wrong variable",
            Self::Return => "the returned value",
            Self::Argument => "the argument",
            Self::Deletion => "the superfluous statement",
            Self::Flow => "the order of the statements",
            Self::Unguard => "the superfluous condition",
            Self::CallToAssignment => "the unused result",
            Self::Clause | Self::Condition => "the condition",
            Self::Copy | Self::Insertion => "the missing statement",
            Self::Expression => "the wrong expression",
            Self::Operand => "the incomplete expression",
            Self::Wrap => "the missing operation",
            Self::Guard => "the missing check",
            Self::Everywhere => "the repeated mistake",
            Self::Pair => "the expression",
        }
    }
}
