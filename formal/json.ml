(* JSON with integers and texts; floats, duplicate keys and deep nesting are refused. Not verified. *)

type t = Int of Z.t | Text of string | List of t list | Object of (string * t) list | Bool of bool | Null

exception Unreadable of string

let refuse message = raise (Unreadable message)

let parse text =
  let n = String.length text and at = ref 0 in
  let peek () = if !at < n then text.[!at] else '\000' in
  let rec blanks () = match peek () with ' ' | '\n' | '\r' | '\t' when !at < n -> incr at; blanks () | _ -> () in
  let expect word = String.iter (fun c -> if peek () = c then incr at else refuse "not JSON") word in
  let hex () =
    if !at + 4 > n then refuse "not JSON";
    let digit c = match c with
      | '0' .. '9' -> Char.code c - 48 | 'a' .. 'f' -> Char.code c - 87 | 'A' .. 'F' -> Char.code c - 55 | _ -> refuse "not JSON" in
    let v = ref 0 in
    for _ = 1 to 4 do v := 16 * !v + digit text.[!at]; incr at done; !v in
  (* a text is kept as Python's json writes it: ASCII, with escapes *)
  let string () =
    expect "\"";
    let out = Buffer.create 16 in
    let put code = match code with
      | 34 -> Buffer.add_string out "\\\"" | 92 -> Buffer.add_string out "\\\\" | 10 -> Buffer.add_string out "\\n"
      | 13 -> Buffer.add_string out "\\r" | 9 -> Buffer.add_string out "\\t" | 8 -> Buffer.add_string out "\\b" | 12 -> Buffer.add_string out "\\f"
      | c when c >= 32 && c < 127 -> Buffer.add_char out (Char.chr c)
      | c when c < 0x10000 -> Printf.bprintf out "\\u%04x" c
      | c -> let c = c - 0x10000 in Printf.bprintf out "\\u%04x\\u%04x" (0xd800 lor (c lsr 10)) (0xdc00 lor (c land 0x3ff)) in
    let utf8 first =
      let more, low = if first land 0xe0 = 0xc0 then 1, 0x80 else if first land 0xf0 = 0xe0 then 2, 0x800
        else if first land 0xf8 = 0xf0 then 3, 0x10000 else refuse "a text is not in UTF-8" in
      let code = ref (first land (0x3f lsr more)) in
      for _ = 1 to more do
        incr at;
        let c = if !at < n then Char.code text.[!at] else 0 in
        if c land 0xc0 <> 0x80 then refuse "a text is not in UTF-8";
        code := !code lsl 6 lor (c land 0x3f)
      done;
      if !code < low || !code > 0x10ffff || (!code >= 0xd800 && !code < 0xe000) then refuse "a text is not in UTF-8";
      !code in
    let rec go () =
      if !at >= n then refuse "a text without an end";
      match text.[!at] with
      | '"' -> incr at
      | '\\' ->
          if !at + 1 >= n then refuse "a text without an end";
          at := !at + 2;
          put (match text.[!at - 1] with
            | 'n' -> 10 | 't' -> 9 | 'r' -> 13 | 'b' -> 8 | 'f' -> 12
            | ('"' | '\\' | '/') as c -> Char.code c
            | 'u' -> hex ()
            | _ -> refuse "not JSON");
          go ()
      | c when Char.code c < 32 -> refuse "a control character in a text"
      | c -> put (if Char.code c < 128 then Char.code c else utf8 (Char.code c)); incr at; go () in
    go (); Buffer.contents out in
  let number () =
    let start = !at in
    if peek () = '-' then incr at;
    let first = !at in
    while (match peek () with '0' .. '9' -> true | _ -> false) do incr at done;
    if !at = first || (peek () = '.' || peek () = 'e' || peek () = 'E') then refuse "numbers are integers or texts \"p/q\"";
    if !at - first > 1 && text.[first] = '0' then refuse "not JSON";
    if !at - start > 1500 then refuse "a number has at most 1500 digits";
    Z.of_string (String.sub text start (!at - start)) in
  let rec value depth =
    if depth > 100 then refuse "nested too deeply";
    blanks ();
    let out = match peek () with
      | '{' ->
          incr at; blanks ();
          if peek () = '}' then (incr at; Object []) else begin
            let seen = Hashtbl.create 16 and items = ref [] in
            let rec go () =
              blanks (); let key = string () in
              if Hashtbl.mem seen key then refuse "a key appears twice in one object";
              Hashtbl.add seen key (); blanks (); expect ":";
              let v = value (depth + 1) in
              items := (key, v) :: !items;
              match peek () with ',' -> incr at; go () | '}' -> incr at | _ -> refuse "not JSON" in
            go (); Object (List.rev !items)
          end
      | '[' ->
          incr at; blanks ();
          if peek () = ']' then (incr at; List []) else begin
            let items = ref [] in
            let rec go () =
              let v = value (depth + 1) in
              items := v :: !items;
              match peek () with ',' -> incr at; go () | ']' -> incr at | _ -> refuse "not JSON" in
            go (); List (List.rev !items)
          end
      | '"' -> Text (string ())
      | 't' -> expect "true"; Bool true
      | 'f' -> expect "false"; Bool false
      | 'n' -> expect "null"; Null
      | _ -> Int (number ()) in
    blanks (); out in
  let out = value 0 in
  if !at <> n then refuse "something follows the document";
  out

(* as Python's json.dumps(…, sort_keys=True, separators=(",", ":")) *)
let canonical v =
  let out = Buffer.create 4096 in
  let text s = Buffer.add_char out '"'; Buffer.add_string out s; Buffer.add_char out '"' in
  let between f l = List.iteri (fun i x -> if i > 0 then Buffer.add_char out ','; f x) l in
  let rec put = function
    | Int z -> Buffer.add_string out (Z.to_string z)
    | Text s -> text s
    | Bool b -> Buffer.add_string out (string_of_bool b)
    | Null -> Buffer.add_string out "null"
    | List l -> Buffer.add_char out '['; between put l; Buffer.add_char out ']'
    | Object items ->
        Buffer.add_char out '{';
        between (fun (k, v) -> text k; Buffer.add_char out ':'; put v) (List.sort (fun (a, _) (b, _) -> compare a b) items);
        Buffer.add_char out '}' in
  put v; Buffer.contents out

let fields v what required optional =
  match v with
  | Object items ->
      List.iter (fun k -> if not (List.mem_assoc k items) then refuse (what ^ " lacks " ^ k)) required;
      List.iter (fun (k, _) -> if not (List.mem k required || List.mem k optional) then refuse (what ^ " has the key " ^ k)) items;
      items
  | _ -> refuse (what ^ " must be an object")

let list v = match v with List l -> l | _ -> refuse "a list is missing"
let int v = match v with Int z when Z.fits_int z -> Z.to_int z | _ -> refuse "an integer is missing"
let whole v low high = let k = int v in if k < low || k > high then refuse "an integer is out of range" else k
let big v = match v with Int z -> z | _ -> refuse "an integer is missing"

(* an integer or "p/q"; not reduced *)
let rational v =
  let digits s = s <> "" && (let ok = ref true in String.iter (fun c -> if c < '0' || c > '9' then ok := false) s; !ok) in
  match v with
  | Int z -> (z, Z.one)
  | Text s ->
      let body = if s <> "" && s.[0] = '-' then String.sub s 1 (String.length s - 1) else s in
      let top, bottom = match String.index_opt body '/' with
        | None -> (body, "1") | Some k -> (String.sub body 0 k, String.sub body (k + 1) (String.length body - k - 1)) in
      if not (digits top && digits bottom) || String.length top > 1501 || String.length bottom > 1501 then refuse "a number is no integer or \"p/q\"";
      let d = Z.of_string bottom in
      if Z.equal d Z.zero then refuse "a denominator is zero";
      let t = Z.of_string top in
      ((if body = s then t else Z.neg t), d)
  | _ -> refuse "a number is no integer or \"p/q\""
