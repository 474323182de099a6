"""What `check` asks, and the answers that are right.

A question either puts a half-typed line in place of a comment of sample.rs and asks at the `$0` in it, or asks about the sample as it
stands, at the `$0` in a snippet of it.
"""

ORDER = ["amount", "customer", "lines", "number"]
LINE = ["cents", "sku"]
RECEIPT = ["cents", "reference"]
STEP = ["named", "keyed", "label", "retry", "timeout", "compensate", "await"]


def complete(title, place, typed, wanted):
    return {"kind": "completion", "title": f"completion {title}", "place": place, "typed": typed, "wanted": wanted}


def asked(kind, title, point, wanted):
    return {"kind": kind, "title": f"{kind} {title}", "point": point, "wanted": wanted}


def quiet(title, place, typed, allowed):
    """Nothing is reported but on lines that have one of these texts: where the same line in a plain function has a mistake, too."""
    return {"kind": "diagnostics", "title": f"diagnostics {title}", "place": place, "typed": typed, "wanted": allowed}


COMPLETIONS = [
    complete("of a field in the middle of a workflow", "middle", "order.$0", ORDER),
    complete("of a begun field in the middle of a workflow", "middle", "order.li$0", ["lines"]),
    complete("of a field behind `let x =`", "middle", "let x = order.$0", ORDER),
    complete("of a variable's field", "middle", "receipt.$0", RECEIPT),
    complete("of a step's name", "middle", "char$0", ["charge"]),
    complete("of a step's name behind `let x =`", "middle", "let x = char$0", ["charge"]),
    complete("of a variable's name", "middle", "let x = rece$0", ["receipt"]),
    complete("of an argument", "middle", "let x = reserve(&or$0)", ["order"]),
    complete("of an argument's field", "middle", "let x = reserve(&order.$0)", ORDER),
    complete("behind a step's call", "middle", "charge(&order).$0", STEP),
    complete("behind a step's call, bound", "middle", "let x = charge(&order).$0", STEP),
    complete("behind a step's begun method", "middle", "let x = charge(&order).na$0", ["named"]),
    complete("behind `.named(..)`", "middle", 'charge(&order).named("first").$0', STEP),
    complete("behind `.await?`", "middle", 'reserve(&order).named("first").await?.$0', ["len", "as_str"]),
    complete("behind `.await?` of a step that is called before", "middle", "charge(&order).await?.$0", RECEIPT),
    complete("behind `.await`", "middle", 'let x = charge(&order).named("first").await.$0', ["map_err", "unwrap_or_default"]),
    complete("behind a sleep", "middle", "sleep(Duration::from_hours(1)).$0", ["named", "await"]),
    complete("behind a child's call", "middle", "audit(order.clone()).$0", ["named", "keyed", "await"]),
    complete("behind a helper's call", "middle", "pay(&order).$0", ["named", "keyed", "await"]),
    complete("behind a step that has a mistake in it", "middle", "let now = std::time::SystemTime::now(); order.$0", ORDER),
    complete("in a workflow with two equal keys", "middle", "charge(&order).await?; order.$0", ORDER),
    complete("behind `try_join!`, of what it gives", "joined", "shelf.$0", ["len", "as_str"]),
    complete("in a branch of `try_join!`", "middle", "let x = try_join!(charge(&order), reserve(&order.$0))?;", ORDER),
    complete("of a branch of `try_join!`", "middle", "let x = try_join!(reserve(&order), order.$0)?;", ORDER),
    complete("of a branch's name", "middle", "let x = try_join!(reserve(&order), char$0)?;", ["charge"]),
    complete("behind a branch's call", "middle", "let x = try_join!(reserve(&order), print_label(&order).$0)?;", STEP),
    complete("of the first branch of `join!`", "middle", "let x = join!(order.$0, reserve(&order));", ORDER),
    complete("of a branch of `race!`", "middle", "race!(a => reserve(&order), b => order.$0)", ORDER),
    complete("of a branch of `try_join!` that is not ended", "middle", "try_join!(reserve(&order), order.$0)", ORDER),
    complete("of a branch that is a block", "middle", "try_join!(a => async { order.$0 }, reserve(&order))?;", ORDER),
    complete("in `map` in a branch", "middle", "try_join!(a => map(&order.lines, |line| async move { line.$0 }), reserve(&order))?;", LINE),
    complete("in a combinator in a branch", "middle", "try_join!(a => try_join!(reserve(&order), order.$0), reserve(&order))?;", ORDER),
    complete("in an arm of a race's `match`", "middle", "match race!(a => charge(&order), b => reserve(&order)) { a(paid) => { paid?.$0 } b(_) => {} }", RECEIPT),
    complete("of what a combinator's branch gives", "middle", "let (paid, shelf) = try_join!(pay(&order), reserve(&order))?; paid.$0", RECEIPT),
    complete("in `map`", "item", "line.$0", LINE),
    complete("in `map`, behind a step's call", "item", "let x = price(line).$0", STEP),
    complete("in a begun `map`", "middle", "map(&order.lines, |line| async { line.$0 })", LINE),
    complete("in an inline step", "inline", "order.$0", ORDER),
    complete("in a begun inline step", "middle", 'step("x", || async { order.$0 })', ORDER),
    complete("in a branch of an `if`", "branch", "order.$0", ORDER),
    complete("in a loop", "loop", "line.$0", LINE),
    complete("in an `if`'s condition", "middle", "if order.$0", ORDER),
    complete("in a begun `match`", "middle", "match receipt.$0", RECEIPT),
    complete("in `format!`, behind `.await?`", "middle", 'let x = format!("{}", charge(&order).await?.$0);', RECEIPT),
    complete("in `format!`", "middle", 'let x = format!("{}", order.$0);', ORDER),
    complete("at the end of a workflow", "end", "order.$0", ORDER),
    complete("alone in a workflow", "alone", "order.$0", ORDER),
    complete("of a type in a workflow's signature", "workflow's signature", "#[state] receipt: Rece$0,", ["Receipt"]),
    complete("of a type in a step's signature", "step's signature", "receipt: &Rece$0,", ["Receipt"]),
    complete("in an async helper", "helper", "order.$0", ORDER),
    complete("in an async helper, of a variable", "helper", "paid.$0", RECEIPT),
    complete("in an async helper, behind a step's call", "helper", "charge(order).$0", STEP),
    complete("in a plain helper", "plain helper", "order.$0", ORDER),
    complete("in a step", "step", "order.$0", ORDER),
    complete("in a step, of a begun field", "step", "order.li$0", ["lines"]),
    complete("in a step, of a function's name", "step", "ban$0", ["bank"]),
    complete("in a step, behind `.await?`", "step", "bank(1).await?.$0", ["len", "as_str"]),
    complete("in a step with a context", "step with a context", "cx.$0", ["attempt", "idempotency_key", "deadline"]),
    complete("in a step with a context, of a parameter", "step with a context", "order.$0", ORDER),
]

DEFINITIONS = [
    asked("definition", "of a step", "let receipt = cha$0rge(&order)", ["pub async fn charge(order: &Order) -> Result<Receipt> {"]),
    asked("definition", "of a step in `try_join!`", "try_join!(res$0erve(", ["pub async fn reserve("]),
    asked("definition", "of a step in `map`", "pri$0ce(line).await\n", ["pub async fn price(line: &Line) -> Result<u64> {"]),
    asked("definition", "of a child", "let audited = aud$0it(", ["pub async fn audit("]),
    asked("definition", "of a helper", "let paid = pa$0y(", ["pub async fn pay(order: &Order) -> Result<Receipt> {"]),
    asked("definition", "of a variable", 'rece$0ipt.reference', ["let receipt = charge(&order).await?;"]),
    asked("definition", "of a parameter", "audit(or$0der.clone())", ["pub async fn fulfil(order: Order) -> Result<String> {"]),
    asked("definition", "of a type in a workflow's signature", "async fn fulfil(order: Or$0der)", ["pub struct Order {"]),
    asked("definition", "of a result's type", "pub async fn charge(order: &Order) -> Result<Rec$0eipt>", ["pub struct Receipt {"]),
    asked("definition", "of a field", "receipt.refe$0rence", ["pub reference: String,"]),
    asked("definition", "of a parameter in an inline step", "Ok::<_, Error>(or$0der.lines.len())", ["pub async fn fulfil(order: Order) -> Result<String> {"]),
    asked("definition", "of a function in a step", "let reference = ba$0nk(", ["async fn bank(number: u64) -> Result<String> {"]),
    asked("definition", "of a variable in a step", "Ok(Receipt { reference, ce$0nts })", ["let cents = order.amount();", "pub cents: u64,"]),
    asked("definition", "of the step that compensates", "compensate(ref$0und)", ["pub async fn refund(receipt: Receipt) -> Result<()> {"]),
]

HOVERS = [
    asked("hover", "on a step's result", "let rec$0eipt =", ["let receipt: Receipt"]),
    asked("hover", "on a variable that is used", 'rece$0ipt.reference', ["let receipt: Receipt"]),
    asked("hover", "on what `try_join!` gives", "let (sh$0elf,", ["let shelf: String"]),
    asked("hover", "on what `map` gives", "let pri$0ces =", ["let prices: Vec<u64>"]),
    asked("hover", "on an item", "price(li$0ne).await\n", ["line: &Line"]),
    asked("hover", "on what an inline step gives", "let cou$0nt =", ["let count: usize"]),
    asked("hover", "on a parameter", "audit(or$0der.clone())", ["order: Order"]),
    asked("hover", "on a child's result", "let aud$0ited =", ["let audited: u64"]),
    asked("hover", "on a helper's result", "let pa$0id = pay", ["let paid: Receipt"]),
    asked("hover", "on a step's call", "let receipt = cha$0rge(", ["fn charge"]),
    asked("hover", "on a workflow's name", "pub async fn ful$0fil", ["fn fulfil"]),
    asked("hover", "on a variable of a step", "let ce$0nts =", ["let cents: u64"]),
    asked("hover", "on a variable of a helper", "let pa$0id = charge", ["let paid: Receipt"]),
]

HINTS = [
    asked("hint", "on a step's result", "let receipt$0 =", [": Receipt"]),
    asked("hint", "on what `try_join!` gives", "let (shelf$0, label) =", [": String"]),
    asked("hint", "on what `map` gives", "let prices$0 =", [": Vec<u64>"]),
    asked("hint", "on what an inline step gives", "let count$0 =", [": usize"]),
    asked("hint", "on a child's result", "let audited$0 =", [": u64"]),
    asked("hint", "on a step's own await", "let reference$0 =", [": String"]),
    asked("hint", "on a helper's result", "let paid$0 = charge", [": Receipt"]),
]

DIAGNOSTICS = [
    {"kind": "diagnostics", "title": "diagnostics of a file that is right", "wanted": []},
    quiet("of a half-typed line", "middle", "order.$0", ["order.", "let (shelf, label)"]),
    quiet("of a half-typed name", "middle", "char$0", ["char"]),
    quiet("of a half-typed branch", "alone", "let x = try_join!(reserve(&order), order.$0)?;", ["let x = try_join!"]),
    quiet("of a half-typed await", "alone", "let x = reserve(&order).await?.$0", ["let x", "Ok(order.number)", ") -> Result<u64> {"]),
    quiet("of a half-typed item", "item", "line.$0", ["line.", "price(line).await"]),
    quiet("of a half-typed line in an inline step", "inline", "order.$0", ["order.", "Ok::<_, Error>(order.lines.len())"]),
    quiet("of a half-typed line in a step", "step", "order.$0", ["order.", "let reference"]),
    quiet("of a half-typed line in a helper", "helper", "order.$0", ["order.", "Ok(paid)"]),
]

QUESTIONS = COMPLETIONS + DEFINITIONS + HOVERS + HINTS + DIAGNOSTICS
