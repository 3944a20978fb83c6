(* copos-verify-formal certificate.json: 0 proved, 1 rejected, 2 unreadable, 3 outside of what is proved here. *)

exception Rejected of string

let text path =
  let channel = open_in_bin path in
  Fun.protect ~finally:(fun () -> close_in channel) (fun () -> really_input_string channel (in_channel_length channel))

let decide path =
  match
    let text = text path in
    Budget.start (String.length text);
    let document = Json.parse text in
    let d = Json.fields document "the certificate" [ "format"; "version"; "kind"; "problem"; "sha256"; "proof" ] [ "about"; "question" ] in
    let get key = List.assoc key d in
    if get "format" <> Json.Text "copos certificate" || not (match get "version" with Json.Int z -> Z.equal z Z.one | _ -> false) then
      Json.refuse "expected format \"copos certificate\", version 1";
    let kind = match get "kind" with Json.Text k -> k | _ -> Json.refuse "kind must be a text" in
    let sha256 = Sha256.digest (Json.canonical (get "problem")) in
    if get "sha256" <> Json.Text sha256 then raise (Rejected "the problem in the certificate does not have the hash that it states");
    let subject = Statement.subject (get "problem") in
    let claim = Statement.claim kind subject (get "proof") in
    let stated = match subject with Statement.OfProgram r -> r.Statement.stated | _ -> 0 in
    let about = Printf.sprintf " (sha256 %s…)%s" (String.sub sha256 0 12)
      (if List.mem_assoc "question" d then "; the question in the file was not read" else "") in
    (claim, stated, about, lazy (Hints.certificate kind subject (get "proof")))
  with
  | exception Json.Unreadable message -> ("unreadable: " ^ message, 2)
  | exception Rejected message -> ("not proved: " ^ message, 1)
  | exception Statement.Outside what -> ("outside of the formal checker: " ^ what, 3)
  | (claim, stated, about, certificate) ->
      (match Checker.verify claim (Lazy.force certificate) with
       | true -> ("proved: " ^ Statement.in_words claim stated ^ about, 0)
       | false -> ("not proved: the verified function does not accept it", 1)
       | exception Json.Unreadable message -> ("not proved: " ^ message, 1)
       | exception Statement.Outside what -> ("outside of the formal checker: " ^ what, 3))

let () =
  match Sys.argv with
  | [| _; path |] ->
      let (message, status) =
        try decide path with
        | Budget.Over -> ("unreadable: too much work for a certificate of this length", 2)
        | Stack_overflow | Out_of_memory -> ("unreadable: too large", 2)
        | Sys_error message -> ("unreadable: " ^ message, 2)
        | error -> ("internal error, which says nothing about the certificate: " ^ Printexc.to_string error, 70) in
      print_endline message; exit status
  | _ -> prerr_endline "copos-verify-formal certificate.json"; exit 2
