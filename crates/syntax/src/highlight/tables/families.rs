//! Languages that are compiled, and those of their family.

use super::super::table::{BRACES, Block, Hash, Language, NESTED, PLAIN, Quote, long, quote, raw};

pub const RUST: Language = Language {
    name: "Rust",
    block: NESTED,
    quotes: &[
        raw("r##\"", "\"##"),
        raw("r#\"", "\"#"),
        raw("br#\"", "\"#"),
        raw("r\"", "\""),
        raw("br\"", "\""),
        long("\""),
        quote("'"),
    ],
    prefixes: "bc",
    keywords: "as async await break const continue crate dyn else enum extern fn for gen if impl in \
               let loop macro_rules match mod move mut pub ref return self static struct super \
               trait try type union unsafe use where while yield",
    types: "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize true false",
    before_functions: "fn",
    before_types: "struct enum trait type union impl",
    has_macros: true,
    has_lifetimes: true,
    hash: Hash::Brackets,
    ..BRACES
};

pub const C: Language = Language {
    name: "C",
    keywords: "alignas alignof auto break case const constexpr continue default do else enum extern \
               for goto if inline register restrict return sizeof static struct switch typedef \
               typeof union volatile while",
    types: "NULL bool char double false float int int16_t int32_t int64_t int8_t long ptrdiff_t \
            short signed size_t ssize_t true uint16_t uint32_t uint64_t uint8_t uintptr_t unsigned \
            void",
    before_types: "enum struct union",
    hash: Hash::Directive,
    ..BRACES
};

pub const CPP: Language = Language {
    name: "C++",
    quotes: &[raw("R\"(", ")\""), quote("\""), quote("'")],
    prefixes: "LuU8",
    keywords: "alignas alignof and asm auto break case catch class co_await co_return co_yield \
               concept const const_cast consteval constexpr constinit continue decltype default \
               delete do dynamic_cast else enum explicit export extern final for friend goto if \
               import inline module mutable namespace new noexcept not operator or override private \
               protected public register reinterpret_cast requires return sizeof static \
               static_assert static_cast struct switch template this thread_local throw try typedef \
               typeid typename union using virtual volatile while",
    types: "bool char char16_t char32_t char8_t double false float int int16_t int32_t int64_t \
            int8_t long nullptr short signed size_t string true uint16_t uint32_t uint64_t uint8_t \
            unsigned void wchar_t NULL",
    before_types: "class enum struct union namespace typename",
    hash: Hash::Directive,
    ..BRACES
};

pub const CSHARP: Language = Language {
    name: "C#",
    quotes: &[long("\"\"\""), raw("@\"", "\""), raw("$@\"", "\""), quote("\""), quote("'")],
    prefixes: "$",
    keywords: "abstract as async await base break case catch checked class const continue default \
               delegate do else enum event explicit extern finally fixed for foreach get goto if \
               implicit in init interface internal is lock namespace new operator out override \
               params partial private protected public readonly record ref required return sealed \
               set sizeof stackalloc static struct switch this throw try typeof unchecked unsafe \
               using var virtual volatile when where while with yield",
    types: "bool byte char decimal double dynamic false float int long null object sbyte short \
            string true uint ulong ushort void",
    before_types: "class enum interface namespace new record struct",
    hash: Hash::Directive,
    ..BRACES
};

pub const JAVA: Language = Language {
    name: "Java",
    quotes: &[long("\"\"\""), quote("\""), quote("'")],
    keywords: "abstract assert break case catch class const continue default do else enum exports \
               extends final finally for goto if implements import instanceof interface module \
               native new package permits private protected public record requires return sealed \
               static strictfp super switch synchronized this throw throws transient try var \
               volatile while yield",
    types: "boolean byte char double false float int long null short true void",
    before_types: "class enum extends implements interface new record",
    has_decorators: true,
    ..BRACES
};

pub const KOTLIN: Language = Language {
    name: "Kotlin",
    block: NESTED,
    quotes: &[long("\"\"\""), quote("\""), quote("'")],
    keywords: "abstract actual annotation as break by catch class companion const constructor \
               continue crossinline data do else enum expect external final finally for fun get if \
               import in infix init inline inner interface internal is it lateinit noinline object \
               open operator out override package private protected public reified return sealed \
               set super suspend tailrec this throw try typealias val var vararg when where while",
    types: "false null true",
    before_functions: "fun",
    before_types: "class interface object typealias",
    has_decorators: true,
    ..BRACES
};

pub const SCALA: Language = Language {
    name: "Scala",
    block: NESTED,
    quotes: &[long("\"\"\""), quote("\"")],
    prefixes: "fs",
    keywords: "abstract case catch class def derives do else end enum export extends extension final \
               finally for given if implicit import infix inline lazy match new object opaque open \
               override package private protected return sealed super then this throw trait try \
               type using val var while with yield",
    types: "false null true",
    before_functions: "def",
    before_types: "class enum extends object trait type with",
    has_decorators: true,
    ..BRACES
};

pub const SWIFT: Language = Language {
    name: "Swift",
    block: NESTED,
    quotes: &[long("\"\"\""), quote("\"")],
    keywords: "actor any as associatedtype async await break case catch class continue default defer \
               deinit didSet do else enum extension fallthrough fileprivate final for func get guard \
               if import in indirect init inout internal is lazy let mutating nonisolated open \
               operator override private protocol public repeat required rethrows return self set \
               some static struct subscript super switch throw throws try typealias unowned var weak \
               where while willSet",
    types: "Self false nil true",
    before_functions: "func",
    before_types: "actor class enum extension protocol struct typealias",
    has_decorators: true,
    hash: Hash::Directive,
    ..BRACES
};

pub const DART: Language = Language {
    name: "Dart",
    quotes: &[long("\"\"\""), long("'''"), quote("\""), quote("'")],
    prefixes: "r",
    keywords: "abstract as assert async await base break case catch class const continue covariant \
               default deferred do else enum export extends extension external factory final finally \
               for get hide if implements import in interface is late library mixin new of on \
               operator part required rethrow return sealed set show static super switch sync this \
               throw try typedef var when while with yield",
    types: "bool double dynamic false int null num true void",
    before_types: "class enum extends extension implements mixin new typedef",
    has_decorators: true,
    ..BRACES
};

pub const GO: Language = Language {
    name: "Go",
    quotes: &[raw("`", "`"), quote("\""), quote("'")],
    keywords: "break case chan const continue default defer else fallthrough for func go goto if \
               import interface map package range return select struct switch type var",
    types: "any bool byte comparable complex128 complex64 error false float32 float64 int int16 \
            int32 int64 int8 iota nil rune string true uint uint16 uint32 uint64 uint8 uintptr",
    before_functions: "func",
    before_types: "type",
    has_capital_types: false,
    ..BRACES
};

pub const ZIG: Language = Language {
    name: "Zig",
    block: None,
    keywords: "addrspace align allowzero and anyframe asm async await break callconv catch comptime \
               const continue defer else enum errdefer error export extern fn for if inline \
               linksection noalias noinline nosuspend opaque or orelse packed pub resume return \
               struct suspend switch test threadlocal try union unreachable usingnamespace var \
               volatile while",
    types: "anyerror anyopaque anytype bool comptime_float comptime_int f16 f32 f64 false i16 i32 \
            i64 i8 isize noreturn null true type u16 u32 u64 u8 undefined usize void",
    before_functions: "fn",
    has_decorators: true,
    ..BRACES
};

const SCRIPT_QUOTES: &[Quote] = &[Quote { has_holes: true, ..long("`") }, quote("\""), quote("'")];

pub const JAVASCRIPT: Language = Language {
    name: "JavaScript",
    quotes: SCRIPT_QUOTES,
    keywords: "as async await break case catch class const continue debugger default delete do else \
               export extends finally for from function get if import in instanceof let new of \
               return set static super switch this throw try typeof var void while with yield",
    types: "Infinity NaN false null true undefined",
    before_functions: "function",
    before_types: "class extends new",
    name_bytes: "$",
    has_regexes: true,
    has_decorators: true,
    ..BRACES
};

pub const TYPESCRIPT: Language = Language {
    name: "TypeScript",
    keywords: "abstract as asserts async await break case catch class const continue debugger \
               declare default delete do else enum export extends finally for from function get if \
               implements import in infer instanceof interface is keyof let module namespace new of \
               out override private protected public readonly return satisfies set static super \
               switch this throw try type typeof unique var void while with yield",
    types: "Infinity NaN any bigint boolean false never null number object string symbol true \
            undefined unknown",
    before_types: "class enum extends implements interface namespace new type",
    ..JAVASCRIPT
};

pub const HASKELL: Language = Language {
    name: "Haskell",
    line_comments: &["--"],
    block: Some(Block { open: "{-", close: "-}", nests: true }),
    quotes: &[quote("\"")],
    keywords: "case class data default deriving do else foreign forall hiding if import in infix \
               infixl infixr instance let module newtype of qualified then type where",
    name_bytes: "'",
    has_capital_types: true,
    ..PLAIN
};
