(* The identity behind every bound,

     X e(x)^level f(x) = Σ_s <G_s, U_s' B_s(x) U_s> + Σ_j q_j(x) E_j(x) + rest(x),
     B_s = B_k1 ⊗ … ⊗ B_kp · g · v v',   G_s = F diag(w) F',

   in integers. The factors w >= 0 and the multipliers q_j may be anything: what they do not match is in the rest. *)

Require Import List Reals Lra Lia ZArith Bool.
Require Import Spec Sums Kernels Polynomials Means.
Import ListNotations.
Open Scope R_scope.

Notation table := (list (list poly)).             (* entry (i, j) of a block, a linear form *)
Notation label := (list nat * list nat)%type.   (* rows of the blocks, and a monomial *)
Notation column := (list (label * Z)).
Record term := {
  of_blocks : list nat;
  of_generators : list nat;
  weights : list Z;
  columns : list (column * list Z)                 (* with its row of F *)
}.
Record cone := {
  tables : list table;
  forms : list poly;                               (* g >= 0 *)
  zeros : list poly;                               (* E_j = 0 *)
  signs : list bool                                (* x_v >= 0 *)
}.
Record identity := {
  level : nat;
  terms : list term;
  multipliers : list (nat * mono * Z);             (* (j, m, c): c x_m E_j *)
  scales : list Z;
  factor : Z                                       (* X *)
}.

Definition look (B : table) (i j : nat) : poly := nth j (nth i B []) [].

(* ---- entries of a product of blocks ---- *)

Fixpoint entries_of (Bs : list table) (is js : list nat) (p : poly) : poly :=
  match Bs, is, js with
  | [], _, _ => p
  | B :: Bs', i :: is', j :: js' =>
      let q := entries_of Bs' is' js' p in flat_map (fun e => map (fun d => (fst d ++ fst e, (snd d * snd e)%Z)) q) (look B i j)
  | _, _, _ => []
  end.

Fixpoint entry_val (x : vector) (Bs : list table) (is js : list nat) : R :=
  match Bs, is, js with
  | [], _, _ => 1
  | B :: Bs', i :: is', j :: js' => pval x (look B i j) * entry_val x Bs' is' js'
  | _, _, _ => 0
  end.

Lemma times_val x (q r : poly) :
  pval x (flat_map (fun e => map (fun d => (fst d ++ fst e, (snd d * snd e)%Z)) q) r) = pval x r * pval x q.
Proof.
  unfold pval. rewrite sum_flat_map, sum_product. apply sum_ext; intros e _.
  rewrite sum_map. apply sum_ext; intros d _. simpl. rewrite mval_app, mult_IZR. ring.
Qed.

Lemma entries_val x Bs : forall is js p, pval x (entries_of Bs is js p) = entry_val x Bs is js * pval x p.
Proof.
  induction Bs as [|B Bs IH]; intros is js p; [simpl; ring|].
  destruct is as [|i is]; [simpl; unfold pval; simpl; ring|].
  destruct js as [|j js]; [simpl; unfold pval; simpl; ring|].
  cbn [entries_of entry_val]. rewrite times_val, IH. ring.
Qed.

(* the blocks are semidefinite at x: sums of squares, over all places *)
Definition block_ok (x : vector) (B : table) : Prop :=
  exists ls : list (nat -> R), forall i j, pval x (look B i j) = gram_of ls i j.

Lemma entry_kernel x Bs : (forall B, In B Bs -> block_ok x B) -> kernel (entry_val x Bs).
Proof.
  induction Bs as [|B Bs IH]; intros H.
  - apply (kernel_ext (gram_of [fun _ => 1])).
    + intros a b. unfold gram_of. simpl. ring.
    + apply gram_kernel.
  - destruct (H B (or_introl eq_refl)) as [ls Hl].
    set (up := fun (l : nat -> R) (is : list nat) => match is with [] => 0 | i :: _ => l i end).
    apply (kernel_ext (fun a b => gram_of (map up ls) a b * entry_val x Bs (tl a) (tl b))).
    + intros a b. unfold gram_of. rewrite sum_map. destruct a as [|i a].
      * simpl. rewrite (sum_zero _ ls) by (intros; ring). ring.
      * destruct b as [|j b]; simpl.
        -- rewrite (sum_zero _ ls) by (intros; ring). ring.
        -- rewrite Hl. reflexivity.
    + apply schur. apply (kernel_pull (@tl nat)). apply IH. intros; apply H; right; assumption.
Qed.

(* ---- one term ---- *)

Definition label_val (x : vector) (Bs : list table) (g : poly) (r s : label) : R :=
  entry_val x Bs (fst r) (fst s) * (pval x g * (mval x (snd r) * mval x (snd s))).
Definition label_poly (Bs : list table) (g : poly) (r s : label) : poly :=
  entries_of Bs (fst r) (fst s) (map (fun d => (fst d ++ snd r ++ snd s, snd d)) g).

Lemma label_poly_val x Bs g r s : pval x (label_poly Bs g r s) = label_val x Bs g r s.
Proof.
  unfold label_poly, label_val. rewrite entries_val. f_equal. unfold pval. rewrite sum_map, <- sum_scale_r.
  apply sum_ext; intros d _. simpl. rewrite !mval_app. ring.
Qed.

Lemma label_kernel x Bs g : (forall B, In B Bs -> block_ok x B) -> 0 <= pval x g -> kernel (label_val x Bs g).
Proof.
  intros HB Hg.
  apply (kernel_ext (fun r s => gram_of [fun r => mval x (snd r)] r s * (pval x g * entry_val x Bs (fst r) (fst s)))).
  - intros r s. unfold label_val, gram_of. simpl. ring.
  - apply schur. apply kernel_scale; [exact Hg|]. apply (kernel_pull (@fst (list nat) (list nat))). apply entry_kernel; exact HB.
Qed.

Definition real_column (a : column) : list (label * R) := map (fun r => (fst r, IZR (snd r))) a.

(* t + z Σ c d K(r, s) over two columns *)
Definition add_pair (Bs : list table) (g : poly) (z : Z) (a b : column) (t : tree) : tree :=
  fold_left (fun t r => fold_left (fun t s =>
    add_poly (z * (snd r * snd s)) (label_poly Bs g (fst r) (fst s)) t) b t) a t.

Lemma add_pair_val x Bs g z a b t : tval (mval x) (add_pair Bs g z a b t) =
  tval (mval x) t + IZR z * over (label_val x Bs g) (real_column a) (real_column b).
Proof.
  unfold add_pair, over, real_column. rewrite sum_map.
  revert t; induction a as [|r a IH]; intros t; cbn [fold_left]; [simpl; ring|].
  rewrite IH.
  assert (H : forall t, tval (mval x) (fold_left (fun t s =>
      add_poly (z * (snd r * snd s)) (label_poly Bs g (fst r) (fst s)) t) b t) =
    tval (mval x) t + IZR z * sum (fun s => IZR (snd r) * snd s * label_val x Bs g (fst r) (fst s))
      (map (fun s => (fst s, IZR (snd s))) b)).
  { clear. induction b as [|s b IH]; intros t; cbn [fold_left map]; [simpl; ring|].
    rewrite IH, add_poly_val, label_poly_val, !mult_IZR.
    change (sum ?f (?a :: ?l)) with (f a + sum f l). cbn [fst snd]. ring. }
  rewrite H. change (sum ?f (r :: a)) with (f r + sum f a). cbn [fst snd]. ring.
Qed.

(* Σ_k w_k f_k f'_k *)
Fixpoint weighted (w f : list Z) : list Z :=
  match w, f with u :: w', a :: f' => (u * a)%Z :: weighted w' f' | _, _ => [] end.
Fixpoint inner (f f' : list Z) : Z :=
  match f, f' with a :: l, b :: l' => (a * b + inner l l')%Z | _, _ => 0%Z end.
Definition at_place (f : list Z) (k : nat) : R := IZR (nth k f 0%Z).

Lemma below_succ n : below (S n) = 0%nat :: map S (below n).
Proof. unfold below. rewrite seq_shift. reflexivity. Qed.

Lemma inner_val : forall w f f', IZR (inner (weighted w f) f') =
  sum (fun k => at_place w k * (at_place f k * at_place f' k)) (below (length w)).
Proof.
  unfold at_place. induction w as [|u w IH]; intros f f'; [reflexivity|].
  destruct f as [|a f]; [|destruct f' as [|b f']].
  - simpl. symmetry. rewrite sum_zero; [destruct w; ring|]. intros k _. destruct k; ring.
  - simpl. symmetry. rewrite sum_zero; [ring|]. intros k _. destruct k; ring.
  - cbn [weighted inner length]. rewrite below_succ, plus_IZR, IH.
    change (sum ?f (?a :: ?l)) with (f a + sum f l). rewrite sum_map. cbn [nth]. rewrite !mult_IZR. ring.
Qed.

(* Σ_i G_ii K_ii + 2 Σ_(i<j) G_ij K_ij *)
Fixpoint half {A} (G : A -> A -> R) (l : list A) : R :=
  match l with [] => 0 | a :: l' => G a a + sum (fun b => 2 * G a b) l' + half G l' end.

Lemma half_val {A} (G : A -> A -> R) l : (forall a b, G a b = G b a) -> half G l = sum (fun a => sum (fun b => G a b) l) l.
Proof.
  intros Hs. induction l as [|a l IH]; [reflexivity|].
  cbn [half]. change (sum ?f (a :: l)) with (f a + sum f l). rewrite IH. cbv beta.
  change (sum ?f (a :: l)) with (f a + sum f l).
  rewrite (sum_ext (fun b => sum (fun c => G b c) (a :: l)) (fun b => G a b + sum (fun c => G b c) l)).
  - rewrite sum_plus, sum_scale. change (fun b : A => G a b) with (G a). ring.
  - intros b _. change (sum (fun c => G b c) (a :: l)) with (G b a + sum (fun c => G b c) l). rewrite (Hs b a). reflexivity.
Qed.

Fixpoint subtract_columns (Bs : list table) (g : poly) (w : list Z) (cs : list (column * list Z)) (t : tree) : tree :=
  match cs with
  | [] => t
  | (a, f) :: rest =>
      let wf := weighted w f in
      let t' := add_pair Bs g (- inner wf f) a a t in
      subtract_columns Bs g w rest
        (fold_left (fun t c => let z := inner wf (snd c) in
           if Z.eqb z 0 then t else add_pair Bs g (- 2 * z) a (fst c) t) rest t')
  end.

Lemma label_sym x Bs g : (forall B, In B Bs -> block_ok x B) -> forall r s, label_val x Bs g r s = label_val x Bs g s r.
Proof.
  intros H r s. unfold label_val.
  replace (entry_val x Bs (fst r) (fst s)) with (entry_val x Bs (fst s) (fst r)); [ring|].
  generalize (fst r) (fst s). clear r s. induction Bs as [|B Bs IH]; intros a b; [reflexivity|].
  destruct a as [|i a], b as [|j b]; simpl; try reflexivity.
  rewrite IH by (intros; apply H; right; assumption).
  destruct (H B (or_introl eq_refl)) as [ls Hl]. rewrite !Hl. f_equal. unfold gram_of. apply sum_ext; intros; ring.
Qed.

Definition gram_pair x Bs g w (c d : column * list Z) : R :=
  IZR (inner (weighted w (snd c)) (snd d)) * over (label_val x Bs g) (real_column (fst c)) (real_column (fst d)).

Lemma subtract_columns_val x Bs g w cs : forall t, tval (mval x) (subtract_columns Bs g w cs t) =
  tval (mval x) t - half (gram_pair x Bs g w) cs.
Proof.
  induction cs as [|[a f] cs IH]; intros t; cbn [subtract_columns half]; [ring|].
  rewrite IH.
  assert (H : forall l t, tval (mval x) (fold_left (fun t c => let z := inner (weighted w f) (snd c) in
      if Z.eqb z 0 then t else add_pair Bs g (- 2 * z) a (fst c) t) l t) =
    tval (mval x) t - sum (fun c => 2 * gram_pair x Bs g w (a, f) c) l).
  { clear. induction l as [|c l IH]; intros t; cbn [fold_left]; [simpl; ring|].
    rewrite IH. change (sum ?f (c :: l)) with (f c + sum f l). cbv beta zeta. unfold gram_pair. cbn [fst snd].
    destruct (Z.eqb_spec (inner (weighted w f) (snd c)) 0) as [E|_].
    - rewrite E. ring.
    - rewrite add_pair_val, mult_IZR. simpl (IZR (-2)). ring. }
  rewrite H, add_pair_val, opp_IZR. unfold gram_pair at 3. cbn [fst snd]. ring.
Qed.

Lemma gram_nonneg x Bs g w cs : (forall B, In B Bs -> block_ok x B) -> 0 <= pval x g -> (forall u, In u w -> (0 <= u)%Z) ->
  0 <= half (gram_pair x Bs g w) cs.
Proof.
  intros HB Hg Hw.
  assert (Hk := over_kernel _ (label_kernel x Bs g HB Hg)).
  set (K := over (label_val x Bs g)) in *.
  assert (Ks : forall a b, K a b = K b a).
  { intros a b. unfold K, over. rewrite sum_swap. apply sum_ext; intros r _. apply sum_ext; intros s _.
    rewrite (label_sym x Bs g HB (fst s)). ring. }
  rewrite half_val.
  - replace (sum _ cs) with
      (sum (fun k => at_place w k * quad K (map (fun c => (real_column (fst c), at_place (snd c) k)) cs)) (below (length w))).
    + apply sum_nonneg; intros k Hi. apply Rmult_le_pos; [|apply Hk].
      unfold at_place. apply IZR_le. apply Hw. apply nth_In. apply in_below; exact Hi.
    + unfold quad.
      transitivity (sum (fun k => sum (fun c => sum (fun d => at_place w k *
        (at_place (snd c) k * at_place (snd d) k) * K (real_column (fst c)) (real_column (fst d))) cs) cs) (below (length w))).
      * apply sum_ext; intros k _. rewrite sum_map, <- sum_scale. apply sum_ext; intros c _.
        rewrite sum_map, <- sum_scale. apply sum_ext; intros d _. cbn [fst snd]. ring.
      * rewrite sum_swap. apply sum_ext; intros c _. rewrite sum_swap. apply sum_ext; intros d _.
        unfold gram_pair. rewrite inner_val, <- sum_scale_r. reflexivity.
  - intros c d. unfold gram_pair. fold K. rewrite (Ks (real_column (fst c))), !inner_val. f_equal.
    apply sum_ext; intros; ring.
Qed.

(* ---- the identity ---- *)

Definition one : poly := [([], 1%Z)].
Definition chosen {A} (l : list A) (d : A) (ks : list nat) : list A := map (fun k => nth k l d) ks.
Definition common (K : cone) (T : term) : poly := fold_right (fun k g => mul (nth k (forms K) []) g) one (of_generators T).

Definition subtract_term (K : cone) (t : tree) (T : term) : tree :=
  subtract_columns (chosen (tables K) [] (of_blocks T)) (common K T) (weights T) (columns T) t.
Definition subtract_multiplier (K : cone) (t : tree) (q : nat * mono * Z) : tree :=
  match q with (j, m, c) => add_poly (- c) (shift m (nth j (zeros K) [])) t end.

Definition rest (K : cone) (e f : poly) (I : identity) : tree :=
  fold_left (subtract_multiplier K) (multipliers I) (fold_left (subtract_term K) (terms I)
    (add_poly (factor I) (power_times e (level I) f) Leaf)).

Definition proves (K : cone) (degree : nat) (e f : poly) (I : identity) : bool :=
  Z.ltb 0 (factor I) && forallb (fun T => forallb (fun u => Z.leb 0 u) (weights T)) (terms I) &&
  absorbed (signs K) (scales I) degree (elements (rest K e f I)).

Definition cone_at (K : cone) (x : vector) : Prop :=
  (forall B, In B (tables K) -> block_ok x B) /\ (forall g, In g (forms K) -> 0 <= pval x g) /\
  (forall E, In E (zeros K) -> pval x E = 0) /\ (forall v, is_positive (signs K) v = true -> 0 <= x v).

Lemma empty_ok x : block_ok x [].
Proof.
  exists []. intros i j. unfold look. destruct i; destruct j; reflexivity.
Qed.

(* what is left is at most X e^level f *)
Lemma rest_le K e f I x : cone_at K x -> forallb (fun T => forallb (fun u => Z.leb 0 u) (weights T)) (terms I) = true ->
  tval (mval x) (rest K e f I) <= IZR (factor I) * (pval x e ^ level I * pval x f).
Proof.
  intros (HB & Hg & HE & Hs) Hw. unfold rest.
  assert (H1 : forall l t, tval (mval x) (fold_left (subtract_multiplier K) l t) = tval (mval x) t).
  { induction l as [|[[j m] c] l IH]; intros t; [reflexivity|]. cbn [fold_left]. rewrite IH. unfold subtract_multiplier.
    rewrite add_poly_val, shift_val.
    destruct (nth_in_or_default j (zeros K) []) as [Hi|Hd].
    - rewrite (HE _ Hi). ring.
    - rewrite Hd. unfold pval; simpl. ring. }
  rewrite H1. clear H1.
  assert (H2 : forall l t, (forall T, In T l -> forallb (fun u => Z.leb 0 u) (weights T) = true) ->
    tval (mval x) (fold_left (subtract_term K) l t) <= tval (mval x) t).
  { induction l as [|T l IH]; intros t Hl; [simpl; lra|]. cbn [fold_left].
    eapply Rle_trans; [apply IH; intros; apply Hl; right; assumption|].
    unfold subtract_term. rewrite subtract_columns_val.
    assert (0 <= half (gram_pair x (chosen (tables K) [] (of_blocks T)) (common K T) (weights T)) (columns T)); [|lra].
    apply gram_nonneg.
    - intros B Hi. unfold chosen in Hi. apply in_map_iff in Hi. destruct Hi as [k [<- _]].
      destruct (nth_in_or_default k (tables K) []) as [Hi|Hd]; [apply HB; exact Hi|]. rewrite Hd. apply empty_ok.
    - unfold common. induction (of_generators T) as [|k ks IHk]; [unfold one, pval; simpl; lra|].
      cbn [fold_right]. rewrite mul_val. apply Rmult_le_pos; [|exact IHk].
      destruct (nth_in_or_default k (forms K) []) as [Hi|Hd]; [apply Hg; exact Hi|]. rewrite Hd. unfold pval; simpl; lra.
    - intros u Hu. specialize (Hl T (or_introl eq_refl)). rewrite forallb_forall in Hl. apply Z.leb_le, Hl, Hu. }
  rewrite forallb_forall in Hw.
  eapply Rle_trans; [apply H2; exact Hw|]. rewrite add_poly_val, power_times_val. simpl tval. lra.
Qed.

Theorem proves_ok K degree e f I x : cone_at K x -> proves K degree e f I = true -> 0 <= pval x e ^ level I * pval x f.
Proof.
  intros HK H. unfold proves in H.
  apply andb_true_iff in H; destruct H as [H Ha]. apply andb_true_iff in H; destruct H as [HX Hw].
  assert (Hs : forall v, is_positive (signs K) v = true -> 0 <= x v) by (destruct HK as (_ & _ & _ & Hs); exact Hs).
  apply (absorbed_ok _ _ _ x _ Hs) in Ha. unfold pval in Ha at 1. rewrite elements_sum in Ha.
  apply Z.ltb_lt, IZR_lt in HX.
  apply (Rmult_le_reg_l (IZR (factor I))); [exact HX|]. rewrite Rmult_0_r.
  eapply Rle_trans; [exact Ha|]. exact (rest_le K e f I x HK Hw).
Qed.
