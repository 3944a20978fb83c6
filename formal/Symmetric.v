(* Identities that hold on average over a group of permutations of the variables.

   Let g_1, …, g_m map the cone to itself and leave e and f alone. From
       X e^level f = Σ <G_s, B_s> + Σ q_j E_j + r + Σ_k (h_k(x) − h_k(g_k x)),    r >= 0 on the cone,
   follows X e^level f >= 0: the sum of both sides over the finite group of all such permutations has no h_k in it. *)

Require Import List Reals Lra Lia ZArith Bool Psatz Permutation FunctionalExtensionality.
Require Import Spec Sums Kernels Polynomials Means Identity Matrices Faces.
Import ListNotations.
Open Scope R_scope.

Notation permutation := (list nat).                          (* v goes to its entry v; beyond its end to itself *)
Definition image (g : permutation) (v : nat) : nat := nth v g v.
Definition act (x : vector) (g : permutation) : vector := fun v => x (image g v).
Definition compose (g h : permutation) : permutation := map (image g) h.
Definition moved_poly (g : permutation) (p : poly) : poly := map (fun t => (map (image g) (fst t), snd t)) p.

Lemma moved_poly_val x g p : pval x (moved_poly g p) = pval (act x g) p.
Proof.
  unfold pval, moved_poly. rewrite sum_map. apply sum_ext. intros [m c] _. cbn [fst snd]. f_equal.
  induction m as [|v m IH]; [reflexivity|]. cbn [map mval fold_right]. fold (mval x (map (image g) m)) (mval (act x g) m).
  rewrite IH. reflexivity.
Qed.

Lemma act_compose x g h d : length g = d -> length h = d -> (forall v, In v h -> (v < d)%nat) -> act x (compose g h) = act (act x g) h.
Proof.
  intros Hg Hh Hr. apply functional_extensionality. intros v. unfold act, compose. f_equal. unfold image at 1.
  destruct (Nat.lt_ge_cases v d) as [Hv|Hv].
  - rewrite (nth_indep _ v (image g 0%nat)) by (rewrite map_length; lia). rewrite map_nth.
    unfold image at 3. rewrite (nth_indep h v 0%nat) by lia. reflexivity.
  - rewrite nth_overflow by (rewrite map_length; lia). unfold image. rewrite (nth_overflow h) by lia. rewrite nth_overflow by lia. reflexivity.
Qed.

(* ---- finite sets of permutations ---- *)

Fixpoint words (d n : nat) : list permutation :=
  match n with O => [[]] | S n' => flat_map (fun w => map (fun v => v :: w) (below d)) (words d n') end.

Lemma words_in d n w : In w (words d n) <-> length w = n /\ forall v, In v w -> (v < d)%nat.
Proof.
  revert w. induction n as [|n IH]; intros w; cbn [words].
  - split; [intros [<-|[]]; split; [reflexivity|intros ? []]|]. intros [H _]. destruct w; [left; reflexivity|discriminate].
  - rewrite in_flat_map. split.
    + intros (u & Hu & Hw). apply in_map_iff in Hw. destruct Hw as (v & <- & Hv). apply IH in Hu. destruct Hu as [Hl Hu].
      split; [simpl; lia|]. intros a [<-|Ha]; [apply in_below; exact Hv|apply Hu; exact Ha].
    + intros [Hl Hw]. destruct w as [|v w]; [discriminate|]. exists w. split.
      * apply IH. split; [simpl in Hl; lia|]. intros a Ha. apply Hw. right; exact Ha.
      * apply in_map_iff. exists v. split; [reflexivity|]. apply in_below, Hw. left; reflexivity.
Qed.

Lemma sublist {A} (P : A -> Prop) (l : list A) : NoDup l -> ~ ~ exists m, NoDup m /\ forall a, In a m <-> In a l /\ P a.
Proof.
  induction 1 as [|a l Ha Hd IH]; intros H.
  - apply H. exists []. split; [constructor|]. intros a. simpl. tauto.
  - apply IH. intros (m & Hm & Hi).
    assert (D : ~ ~ (P a \/ ~ P a)) by tauto. apply D. intros [Hp|Hp]; apply H.
    + exists (a :: m). split; [constructor; [intros Hx; apply Hi in Hx; tauto|exact Hm]|].
      intros b. simpl. rewrite Hi. split; [intros [<-|[? ?]]; tauto|intros [[<-|?] ?]; [left; reflexivity|right; tauto]].
    + exists m. split; [exact Hm|]. intros b. simpl. rewrite Hi. split; [tauto|]. intros [[<-|?] ?]; [contradiction|tauto].
Qed.

Lemma same_sum {A} (f : A -> R) (h : A -> A) l : NoDup l -> (forall a, In a l -> In (h a) l) ->
  (forall a b, In a l -> In b l -> h a = h b -> a = b) -> sum (fun a => f (h a)) l = sum f l.
Proof.
  intros Hd Hi Hj. rewrite <- sum_map. apply sum_perm. symmetry. apply NoDup_Permutation_bis.
  - exact Hd.
  - rewrite map_length. lia.
  - assert (Hm : NoDup (map h l)).
    { clear Hi. induction Hd as [|a m Ha Hd IH]; [constructor|]. cbn [map]. constructor.
      - intros Hx. apply in_map_iff in Hx. destruct Hx as (b & E & Hb). assert (b = a) by (apply Hj; [right; exact Hb|left; reflexivity|exact E]).
        subst. contradiction.
      - apply IH. intros b c Hb Hc. apply Hj; right; assumption. }
    assert (Hs : incl (map h l) l) by (intros b Hb; apply in_map_iff in Hb; destruct Hb as (a & <- & Ha); apply Hi, Ha).
    assert (Hp : Permutation (map h l) l) by (apply NoDup_Permutation_bis; [exact Hm|rewrite map_length; lia|exact Hs]).
    intros a Ha. apply (Permutation_in _ (Permutation_sym Hp)), Ha.
Qed.

(* ---- what a generator must do ---- *)

Definition is_permutation (d : nat) (g : permutation) : bool :=
  Nat.eqb (length g) d && forallb (fun v => Nat.ltb v d) g && forallb (fun v => mem v g) (below d).
Definition same (p q : poly) : bool := adds_up [(1%Z, p); ((-1)%Z, q)].
Definition moves_table (g : permutation) (T T' : table) : bool :=
  Nat.eqb (length T) (length T') && forallb (fun row => Nat.leb (length row) (length T)) T && forallb (fun row => Nat.leb (length row) (length T)) T' &&
  pairs (length T) (fun i j => same (moved_poly g (look T i j)) (look T' i j)).
Definition moves (K : cone) (d : nat) (e f : poly) (g : permutation) : bool :=
  is_permutation d g && same (moved_poly g e) e && same (moved_poly g f) f &&
  forallb (fun T => existsb (moves_table g T) (tables K)) (tables K) &&
  forallb (fun p => existsb (same (moved_poly g p)) (forms K)) (forms K) &&
  forallb (fun p => existsb (same (moved_poly g p)) (zeros K)) (zeros K) &&
  forallb (fun v => negb (is_positive (signs K) v) || is_positive (signs K) (image g v)) (below (length (signs K))).

Definition good (K : cone) (e f : poly) (g : permutation) : Prop :=
  forall x, cone_at K x -> cone_at K (act x g) /\ pval (act x g) e = pval x e /\ pval (act x g) f = pval x f.

Lemma same_ok p q x : same p q = true -> pval x p = pval x q.
Proof. unfold same. intros H. apply (adds_up_ok x) in H. unfold sum in H. simpl in H. lra. Qed.

Lemma moves_table_ok g T T' x : moves_table g T T' = true -> block_ok x T' -> block_ok (act x g) T.
Proof.
  unfold moves_table. intros H [ls Hl]. apply andb_true_iff in H; destruct H as [H Hp]. apply andb_true_iff in H; destruct H as [H Hr'].
  apply andb_true_iff in H; destruct H as [Hn Hr]. apply Nat.eqb_eq in Hn. rewrite forallb_forall in Hr, Hr'.
  exists ls. intros i j. rewrite <- Hl.
  assert (O : forall B, (forall row, In row B -> Nat.leb (length row) (length T) = true) -> length B = length T ->
    (length T <= i)%nat \/ (length T <= j)%nat -> look B i j = []).
  { intros B HB HL [Hi|Hj]; unfold look.
    - rewrite (nth_overflow B) by lia. destruct j; reflexivity.
    - destruct (nth_in_or_default i B []) as [Hi|Hi]; [|rewrite Hi; destruct j; reflexivity].
      apply nth_overflow. specialize (HB _ Hi). apply Nat.leb_le in HB. lia. }
  destruct (Nat.lt_ge_cases i (length T)) as [Hi|Hi]; [destruct (Nat.lt_ge_cases j (length T)) as [Hj|Hj]|].
  - rewrite <- moved_poly_val. apply same_ok. apply (pairs_in _ _ i j Hp Hi Hj).
  - rewrite !O by (try assumption; try reflexivity; try (symmetry; assumption); right; assumption). reflexivity.
  - rewrite !O by (try assumption; try reflexivity; try (symmetry; assumption); left; assumption). reflexivity.
Qed.

Lemma moves_good K d e f g : moves K d e f g = true -> good K e f g.
Proof.
  unfold moves. intros H x (HB & Hg & HE & Hs). repeat (apply andb_true_iff in H; let h := fresh "H" in destruct H as [H h]).
  rewrite forallb_forall in H0, H1, H2, H3. split; [split; [|split; [|split]]|split].
  - intros T HT. specialize (H3 T HT). apply existsb_exists in H3. destruct H3 as (T' & HT' & Hm).
    exact (moves_table_ok g T T' x Hm (HB T' HT')).
  - intros p Hp. specialize (H2 p Hp). apply existsb_exists in H2. destruct H2 as (q & Hq & Hm).
    rewrite <- moved_poly_val, (same_ok _ _ x Hm). apply Hg, Hq.
  - intros p Hp. specialize (H1 p Hp). apply existsb_exists in H1. destruct H1 as (q & Hq & Hm).
    rewrite <- moved_poly_val, (same_ok _ _ x Hm). apply HE, Hq.
  - intros v Hv. unfold act. apply Hs. destruct (Nat.lt_ge_cases v (length (signs K))) as [Hi|Hi].
    + specialize (H0 v (proj2 (in_below _ _) Hi)). rewrite Hv in H0. exact H0.
    + unfold is_positive in Hv. rewrite nth_overflow in Hv by exact Hi. discriminate.
  - rewrite <- moved_poly_val. apply same_ok; assumption.
  - rewrite <- moved_poly_val. apply same_ok; assumption.
Qed.

(* ---- linear forms whose squares vanish ---- *)

Definition is_root (K : cone) (r : nat * poly * Z * Z) : bool :=
  match r with (j, p, k, c) => negb (Z.eqb c 0) && adds_up [(k, nth j (zeros K) []); ((- c)%Z, mul p p)] end.
Definition with_roots (K : cone) (rs : list (nat * poly * Z * Z)) : cone :=
  {| tables := tables K; forms := forms K; zeros := zeros K ++ map (fun r => snd (fst (fst r))) rs; signs := signs K |}.

Lemma with_roots_at K rs x : forallb (is_root K) rs = true -> cone_at K x -> cone_at (with_roots K rs) x.
Proof.
  intros H (HB & Hg & HE & Hs). rewrite forallb_forall in H. split; [exact HB|split; [exact Hg|split; [|exact Hs]]].
  cbn [zeros with_roots]. intros E Hi. apply in_app_iff in Hi. destruct Hi as [Hi|Hi]; [apply HE; exact Hi|].
  apply in_map_iff in Hi. destruct Hi as ([[[j p] k] c] & <- & Hi). specialize (H _ Hi). cbn [is_root fst snd] in *.
  apply andb_true_iff in H; destruct H as [Hc H]. apply negb_true_iff, Z.eqb_neq in Hc. apply (adds_up_ok x) in H.
  unfold sum in H. simpl in H. rewrite mul_val, opp_IZR in H.
  assert (Z0 : pval x (nth j (zeros K) []) = 0).
  { destruct (nth_in_or_default j (zeros K) []) as [Hj|Hj]; [apply HE; exact Hj|rewrite Hj; reflexivity]. }
  rewrite Z0 in H. apply not_0_IZR in Hc.
  assert (Hp : IZR c * (pval x p * pval x p) = 0) by lra. apply Rmult_integral in Hp. destruct Hp as [Hp|Hp]; [contradiction|].
  apply Rmult_integral in Hp. tauto.
Qed.

(* ---- the average ---- *)

Record symmetry := { group : list (permutation * poly); linear_roots : list (nat * poly * Z * Z) }.

Definition averaged (K : cone) (d : nat) (e f : poly) (s : symmetry) (i : identity) : bool :=
  let K' := with_roots K (linear_roots s) in
  Z.ltb 0 (factor i) && forallb (fun T => forallb (fun u => Z.leb 0 u) (weights T)) (terms i) &&
  forallb (is_root K) (linear_roots s) && forallb (fun q => moves K d e f (fst q)) (group s) &&
  absorbed (signs K) (scales i) (level i + 2)
    (elements (fold_left (fun t q => add_poly 1 (moved_poly (fst q) (snd q)) (add_poly (-1) (snd q) t)) (group s) (rest K' e f i))).

Lemma identity_le K e f i x : cone_at K x -> forallb (fun T => forallb (fun u => Z.leb 0 u) (weights T)) (terms i) = true ->
  tval (mval x) (rest K e f i) <= IZR (factor i) * (pval x e ^ level i * pval x f).
Proof.
  intros HK Hw. eapply Rle_trans; [apply (rest_le K e f i x HK Hw)|]. lra.
Qed.

Lemma averaged_ok K d e f s i x : cone_at K x -> averaged K d e f s i = true -> 0 <= pval x e ^ level i * pval x f.
Proof.
  unfold averaged. cbv zeta. intros HK H. apply andb_true_iff in H; destruct H as [H Ha]. apply andb_true_iff in H; destruct H as [H Hm].
  apply andb_true_iff in H; destruct H as [H Hr]. apply andb_true_iff in H; destruct H as [HX Hw].
  apply Z.ltb_lt, IZR_lt in HX. rewrite forallb_forall in Hm.
  set (a := IZR (factor i) * (pval x e ^ level i * pval x f)).
  destruct (Rle_or_lt 0 (pval x e ^ level i * pval x f)) as [|Hneg]; [assumption|exfalso].
  assert (Ha0 : a < 0) by (unfold a; nra).
  assert (point : forall y, cone_at K y ->
    sum (fun q => pval y (snd q) - pval (act y (fst q)) (snd q)) (group s) <= IZR (factor i) * (pval y e ^ level i * pval y f)).
  { intros y Hy. eapply Rle_trans; [|apply (identity_le (with_roots K (linear_roots s)) e f i y (with_roots_at K _ y Hr Hy) Hw)].
    destruct Hy as (_ & _ & _ & Hs). apply (absorbed_ok _ _ _ y _ Hs) in Ha. unfold pval in Ha at 1. rewrite elements_sum in Ha.
    set (t0 := rest (with_roots K (linear_roots s)) e f i) in *. clearbody t0. clear - Ha. revert t0 Ha.
    assert (G : forall l t, tval (mval y) (fold_left (fun t q => add_poly 1 (moved_poly (fst q) (snd q)) (add_poly (-1) (snd q) t)) l t) =
      tval (mval y) t - sum (fun q => pval y (snd q) - pval (act y (fst q)) (snd q)) l).
    { induction l as [|q l IH]; intros t; cbn [fold_left]; [simpl; ring|]. rewrite IH, !add_poly_val, moved_poly_val.
      change (sum ?g (q :: l)) with (g q + sum g l). cbv beta. ring. }
    intros t Ht. rewrite G in Ht. lra. }
  assert (Hn : NoDup (nodup (list_eq_dec Nat.eq_dec) (words d d))) by apply NoDup_nodup.
  apply (sublist (good K e f) _ Hn). intros (L & HL & Hi).
  assert (Hin : forall g, In g L <-> (length g = d /\ forall v, In v g -> (v < d)%nat) /\ good K e f g).
  { intros g. rewrite Hi, nodup_In, words_in. reflexivity. }
  clear Hi Hn.
  assert (Hone : In (below d) L).
  { apply Hin. split; [split; [unfold below; apply seq_length|intros v Hv; apply in_below; exact Hv]|].
    intros y Hy. replace (act y (below d)) with y; [tauto|]. apply functional_extensionality. intros v. unfold act, image, below.
    destruct (Nat.lt_ge_cases v d) as [Hv|Hv]; [rewrite seq_nth by exact Hv; reflexivity|rewrite nth_overflow; [reflexivity|rewrite seq_length; exact Hv]]. }
  assert (Hle : sum (fun g => sum (fun q => pval (act x g) (snd q) - pval (act (act x g) (fst q)) (snd q)) (group s)) L <= sum (fun _ => a) L).
  { apply sum_le. intros g Hg. apply Hin in Hg. destruct Hg as [_ Hg]. destruct (Hg x HK) as (Hx & He & Hf).
    eapply Rle_trans; [apply point; exact Hx|]. rewrite He, Hf. unfold a. lra. }
  rewrite sum_swap in Hle. rewrite (sum_zero _ (group s)) in Hle.
  - assert (sum (fun _ : permutation => a) L < 0); [|lra]. destruct L as [|g L]; [destruct Hone|].
    change (a + sum (fun _ => a) L < 0). assert (sum (fun _ : permutation => a) L <= 0); [|lra].
    clear - Ha0. induction L as [|h L IH]; [simpl; lra|]. change (a + sum (fun _ => a) L <= 0). lra.
  - intros [g h] Hq. cbn [fst snd]. rewrite sum_minus. specialize (Hm _ Hq). cbn [fst] in Hm.
    assert (Hgood := moves_good K d e f g Hm). unfold moves in Hm. do 6 (apply andb_true_iff in Hm; destruct Hm as [Hm _]).
    unfold is_permutation in Hm. apply andb_true_iff in Hm; destruct Hm as [Hm Hall]. apply andb_true_iff in Hm; destruct Hm as [Hlen Hlt].
    apply Nat.eqb_eq in Hlen. rewrite forallb_forall in Hlt, Hall.
    assert (Hlt' : forall v, In v g -> (v < d)%nat) by (intros v Hv; apply Nat.ltb_lt, Hlt, Hv).
    rewrite (sum_ext (fun a0 => pval (act (act x a0) g) h) (fun a0 => pval (act x (compose a0 g)) h)).
    + rewrite (same_sum (fun b => pval (act x b) h) (fun b => compose b g) L HL); [ring| |].
      * intros b Hb. apply Hin in Hb. destruct Hb as [[Hl Hb] Hg]. apply Hin. split; [split|].
        -- unfold compose. rewrite map_length. exact Hlen.
        -- intros v Hv. unfold compose in Hv. apply in_map_iff in Hv. destruct Hv as (w & <- & Hv). unfold image.
           apply Hb, nth_In. rewrite Hl. apply Hlt', Hv.
        -- intros y Hy. rewrite (act_compose y b g d Hl Hlen Hlt'). destruct (Hg y Hy) as (Hy' & E1 & E2).
           destruct (Hgood _ Hy') as (Hy'' & E3 & E4). rewrite E3, E4. tauto.
      * intros b c Hb Hc E. apply Hin in Hb. apply Hin in Hc. destruct Hb as [[Hl _] _]. destruct Hc as [[Hl' _] _].
        apply (nth_ext _ _ 0%nat 0%nat); [lia|]. intros v Hv. rewrite Hl in Hv.
        specialize (Hall v (proj2 (in_below _ _) Hv)). apply mem_in in Hall. destruct (In_nth g v 0%nat Hall) as (k & Hk & Ek).
        assert (E' : nth k (compose b g) (image b 0%nat) = nth k (compose c g) (image b 0%nat)) by (rewrite E; reflexivity).
        unfold compose in E'. rewrite map_nth in E'. rewrite (nth_indep _ (image b 0%nat) (image c 0%nat)) in E' by (rewrite map_length; exact Hk).
        rewrite map_nth, Ek in E'. unfold image in E'. rewrite (nth_indep b v 0%nat), (nth_indep c v 0%nat) in E' by lia. exact E'.
    + intros b Hb. apply Hin in Hb. destruct Hb as [[Hl _] _]. rewrite (act_compose x b g d Hl Hlen Hlt'). reflexivity.
Qed.
