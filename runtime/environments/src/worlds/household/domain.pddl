; What an agent can do in a household. The vocabulary is ALFWorld's where the
; two agree, so progress is counted alike; an agent stands at a receptacle, not
; at a location.
(define (domain household)
  (:types agent receptacle object rtype otype)
  (:predicates
    (atlocation ?a - agent ?r - receptacle)
    (receptacletype ?r - receptacle ?t - rtype)
    (openable ?r - receptacle)
    (opened ?r - receptacle)
    (inreceptacle ?o - object ?r - receptacle)
    (objecttype ?o - object ?t - otype)
    (pickupable ?o - object)
    (cleanable ?o - object)
    (heatable ?o - object)
    (coolable ?o - object)
    (toggleable ?o - object)
    (holds ?a - agent ?o - object)
    (holdsany ?a - agent)
    (isclean ?o - object)
    (ishot ?o - object)
    (iscool ?o - object)
    (istoggled ?o - object)
    (looked ?a - agent)
    ; What a house may hide: which receptacle a thing is wanted at, where it is not
    ; although the instruction allows it, what is broken, and what a note names instead.
    (wish ?o - object ?r - receptacle)
    (stray ?o - object ?r - receptacle)
    (broken ?r - receptacle)
    (note ?r - receptacle ?s - receptacle)
    ; Ends the game.
    (lost ?a - agent))

  (:action look
    :parameters (?a - agent)
    :effect (looked ?a))

  (:action inventory
    :parameters (?a - agent)
    :effect (looked ?a))

  (:action go
    :parameters (?a - agent ?r - receptacle)
    :precondition (not (atlocation ?a ?r))
    :effect (and (forall (?s - receptacle) (not (atlocation ?a ?s))) (atlocation ?a ?r)))

  (:action examine
    :parameters (?a - agent ?o - object)
    :precondition (holds ?a ?o)
    :effect (looked ?a))

  (:action open
    :parameters (?a - agent ?r - receptacle)
    :precondition (and (atlocation ?a ?r) (openable ?r) (not (opened ?r)))
    :effect (opened ?r))

  (:action take
    :parameters (?a - agent ?o - object ?r - receptacle)
    :precondition (and (atlocation ?a ?r) (inreceptacle ?o ?r) (pickupable ?o)
      (not (holdsany ?a)) (or (not (openable ?r)) (opened ?r)))
    :effect (and (not (inreceptacle ?o ?r)) (holds ?a ?o) (holdsany ?a)))

  (:action move
    :parameters (?a - agent ?o - object ?r - receptacle)
    :precondition (and (holds ?a ?o) (atlocation ?a ?r) (or (not (openable ?r)) (opened ?r)))
    :effect (and (inreceptacle ?o ?r) (not (holds ?a ?o)) (not (holdsany ?a))
      (when (stray ?o ?r) (lost ?a))))

  (:action clean
    :parameters (?a - agent ?o - object ?r - receptacle)
    :precondition (and (holds ?a ?o) (cleanable ?o) (atlocation ?a ?r)
      (receptacletype ?r sinkbasintype))
    :effect (and (when (not (broken ?r)) (isclean ?o)) (when (broken ?r) (lost ?a))))

  (:action heat
    :parameters (?a - agent ?o - object ?r - receptacle)
    :precondition (and (holds ?a ?o) (heatable ?o) (atlocation ?a ?r)
      (receptacletype ?r microwavetype))
    :effect (and (when (not (broken ?r)) (and (ishot ?o) (not (iscool ?o))))
      (when (broken ?r) (lost ?a))))

  (:action cool
    :parameters (?a - agent ?o - object ?r - receptacle)
    :precondition (and (holds ?a ?o) (coolable ?o) (atlocation ?a ?r)
      (receptacletype ?r fridgetype))
    :effect (and (when (not (broken ?r)) (and (iscool ?o) (not (ishot ?o))))
      (when (broken ?r) (lost ?a))))

  (:action use
    :parameters (?a - agent ?o - object ?r - receptacle)
    :precondition (and (toggleable ?o) (atlocation ?a ?r) (inreceptacle ?o ?r))
    :effect (istoggled ?o)))
